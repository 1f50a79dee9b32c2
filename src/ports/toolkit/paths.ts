import { StoreFailureError } from '../coordination/errors.js';
import type { TreeEvent } from '../coordination/tree-watch.js';

/** Paths of the tree: absolute, no empty element, no `.` or `..`, no NUL. The root is `/`. */

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function childOf(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/** All records above a path, the topmost first, without the root. */
export function ancestorsOf(path: string): readonly string[] {
  const result: string[] = [];
  for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
    result.push(path.slice(0, slash));
  }
  return result;
}

/** An element that is empty, `.` or `..`, or a null character. */
const MALFORMED = /\/(?:\.{0,2})(?:\/|$)|\0/;

/** @throws StoreFailureError unless `path` is well-formed. A sequential record may be named by its number alone: `/nodes/`. */
export function checkPath(path: string, sequential = false): void {
  if (path === '/') return;
  const record = sequential && path.endsWith('/') ? path.slice(0, -1) : path;
  if (!path.startsWith('/') || MALFORMED.test(record))
    throw new StoreFailureError(`Not a path of the store: ${JSON.stringify(path)}`, path);
}

/** `/a/b/` or `a/b` from a configuration as a prefix without a slash at its end; empty for none. */
export function chrootPrefix(chroot: string | undefined): string {
  const trimmed = (chroot ?? '').replace(/^\/+|\/+$/g, '');
  if (trimmed === '') return '';
  checkPath(`/${trimmed}`);
  return `/${trimmed}`;
}

/** An event of the store's whole tree as those know it who live below a prefix (see `chrootPrefix`). */
export function eventBelow(prefix: string, event: TreeEvent): TreeEvent {
  return 'path' in event ? { kind: event.kind, path: event.path.slice(prefix.length) || '/' } : event;
}
