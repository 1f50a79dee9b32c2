import type { LogRule } from './log-rule.js';
import type { LoggedTree } from './logged-tree.js';

const LEFT = [
  { what: 'a contender for a lock', pattern: /__lock__-?\d{10}$/ },
  { what: 'a node', pattern: /^\/nodepool\/nodes\/[^/]+$/ },
  { what: 'a lock folder of a node', pattern: /^\/nodepool\/nodes\/[^/]+\/lock$/ },
  { what: 'a request', pattern: /^\/nodepool\/requests\/[^/]+$/ },
  { what: 'a launcher', pattern: /^\/nodepool\/launchers\/[^/]+$/ },
];
const IMAGE = /^\/nodepool\/images\/[^/]+\/builds\/(?!lock$)[^/]+(?:\/providers\/[^/]+\/images\/(?!lock$)[^/]+)?$/;

/**
 * When everybody has gone, nothing is left of what was under way. The lock folders of requests stay, empty, until the cleanup after
 * eight hours (spec LAUNCHER 1.10), and images stay as long as they are wanted.
 */
export class RestRule implements LogRule {
  see(): readonly string[] {
    return [];
  }

  atEnd(tree: LoggedTree): readonly string[] {
    return [...tree.records].flatMap(([path, record]) => [
      ...LEFT.filter(({ pattern }) => pattern.test(path)).map(({ what }) => `${what} is left: ${path}`),
      ...(IMAGE.test(path) && record?.['state'] !== 'ready'
        ? [`${path} is ${String(record?.['state'])} at the end`]
        : []),
    ]);
  }
}
