/**
 * Names of contenders under a lock directory (spec LAUNCHER 1.5): an opaque prefix, `__lock__`, ten digits. Whatever else lies
 * there takes no part.
 */
const MARKER = '__lock__';
const CONTENDER = /__lock__(-?\d{10})$/;

/** The name a contender asks the store for; the store appends the number. */
export function contenderPrefix(hexId: string): string {
  return hexId + MARKER;
}

/** The contenders among `children`, the holder first. */
export function inOrder(children: readonly string[]): readonly string[] {
  return children
    .map((name) => ({ name, sequence: sequenceOf(name) }))
    .filter((child) => child.sequence !== '')
    .sort((left, right) => compareText(left.sequence, right.sequence))
    .map((child) => child.name);
}

/** The contender immediately before `own`; null if `own` is the first, undefined if it is not among `children`. */
export function predecessorOf(own: string, children: readonly string[]): string | null | undefined {
  const ordered = inOrder(children);
  const at = ordered.indexOf(own);
  return at < 0 ? undefined : (ordered[at - 1] ?? null);
}

function sequenceOf(name: string): string {
  return CONTENDER.exec(name)?.[1] ?? '';
}

/** By code units, as kazoo orders them; numbers that ran over sort first there, too. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
