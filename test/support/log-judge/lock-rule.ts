import type { LoggedChange } from '../transaction-log.js';
import type { LogRule } from './log-rule.js';
import type { LoggedTree } from './logged-tree.js';

const NODE = /^\/nodepool\/nodes\/[^/]+$/;
const REQUEST = /^\/nodepool\/requests\/([^/]+)$/;

/** Nodes and requests are written by whoever has their lock, and nodes removed by him. A request is its owner's to take back. */
export class LockRule implements LogRule {
  see(change: LoggedChange, tree: LoggedTree): readonly string[] {
    const { kind, path, session } = change;
    const request = REQUEST.exec(path)?.[1];
    if (kind === 'create' || (request !== undefined && kind === 'remove')) return [];
    const lock = request === undefined ? `${path}/lock` : `/nodepool/requests-lock/${request}`;
    if (request === undefined && !NODE.test(path)) return [];
    const locked = kind === 'write' ? tree.isUnder(lock, change) : tree.isAfter(lock, change);
    return locked ? [] : [`${session} did ${kind} ${path} without its lock`];
  }
}
