/**
 * How far the serving of a request has come, from its lock to its end, as a value. What comes back from carrying things out goes
 * through `progressed`, and nothing else changes it (spec LAUNCHER 2.6 to 2.8).
 */
import type { Reason } from '../explain/reason.js';
import type { NodeId } from '../model/node.js';

/** What it waits for, since when it lacks no fewer nodes (seconds of a clock that never jumps), and how many they are. */
export interface RequestWait {
  readonly because: readonly Reason[];
  readonly since: number;
  readonly lacking: number;
}

/** A node that is neither there nor on its way; `spent`: attempts used up by launches that were given up for now. */
export interface NeededNode {
  readonly label: string;
  readonly spent: number;
}

export interface RequestProgress {
  /** In the order of the request; those that have to be tried again come last. */
  readonly needed: readonly NeededNode[];
  readonly there: readonly { readonly label: string; readonly node: NodeId }[];
  /** Steps being carried out. */
  readonly underway: number;
  /** The zone of the set; undefined = open, null = nodes without zone. */
  readonly az: string | null | undefined;
  /** Free nodes that turned out not to be: not to be tried again. */
  readonly avoid: ReadonlySet<NodeId>;
  readonly wait: RequestWait | null;
  /** Why it will not be served to the end; null while it may be. The first reason stays, but nothing is written for one that is let go. */
  readonly end: RequestEnding | null;
}

/** `gone`: its client has deleted it. `let-go`: put back, or lost; left alone until then if it says so. */
export type RequestEnding =
  | { readonly kind: 'decline'; readonly because: readonly Reason[] }
  | { readonly kind: 'let-go'; readonly backOffUntil: number }
  | { readonly kind: 'gone' };

export type ProgressEvent =
  /** Steps are handed over for carrying out. */
  | {
      readonly kind: 'stepped';
      readonly steps: readonly { readonly label: string; readonly az: string | null }[];
    }
  /** What it lacks is known to be had or not to be had now. */
  | { readonly kind: 'waits'; readonly wait: RequestWait | null }
  | { readonly kind: 'obtained'; readonly label: string; readonly node: NodeId }
  /** A step came to nothing; `avoid`: the free node that was none. */
  | { readonly kind: 'again'; readonly label: string; readonly spent: number; readonly avoid: NodeId | null }
  /** A step came to nothing, and no other will be tried: for a reason, or because it was let go. */
  | { readonly kind: 'came-to-nothing'; readonly because: readonly Reason[] | null }
  /** The pool cannot or will not serve it any more. */
  | { readonly kind: 'declined'; readonly because: readonly Reason[] }
  | { readonly kind: 'let-go'; readonly backOffUntil: number }
  | { readonly kind: 'vanished' };

export function begunProgress(labels: readonly string[], wait: RequestWait | null): RequestProgress {
  const needed = labels.map((label) => ({ label, spent: 0 }));
  return { needed, there: [], underway: 0, az: undefined, avoid: new Set(), wait, end: null };
}

export function progressed(progress: RequestProgress, event: ProgressEvent): RequestProgress {
  switch (event.kind) {
    case 'stepped':
      return stepped(progress, event.steps);
    case 'waits':
      return { ...progress, wait: event.wait };
    case 'obtained': {
      const { label, node } = event;
      return { ...progress, underway: progress.underway - 1, there: [...progress.there, { label, node }] };
    }
    case 'again':
      return again(progress, event);
    case 'came-to-nothing':
      return ended({ ...progress, underway: progress.underway - 1 }, declining(event.because));
    case 'declined':
      return declined(progress, event.because);
    case 'let-go':
      return { ...progress, end: { kind: 'let-go', backOffUntil: event.backOffUntil } };
    case 'vanished':
      return progress.end?.kind === 'let-go' ? progress : { ...progress, end: { kind: 'gone' } };
  }
}

/** Is there nothing more to be had: are all nodes there, or will it not be served? */
export function isSettled({ underway, end, needed }: RequestProgress): boolean {
  return underway === 0 && (end !== null || needed.length === 0);
}

/** The attempts that were used up before for each of the steps. */
export function spentOn(progress: RequestProgress, labels: readonly string[]): readonly number[] {
  const left = [...progress.needed];
  return labels.map((label) => takeOut(left, label)?.spent ?? 0);
}

/** The same wait goes on as long as it lacks as many nodes. Null if nothing is in its way. */
export function waitSince(
  before: RequestWait | null,
  because: readonly Reason[],
  lacking: number,
  now: number,
): RequestWait | null {
  if (because.length === 0) return null;
  return { because, lacking, since: before?.lacking === lacking ? before.since : now };
}

function stepped(
  progress: RequestProgress,
  steps: readonly { readonly label: string; readonly az: string | null }[],
): RequestProgress {
  const needed = [...progress.needed];
  for (const { label } of steps) takeOut(needed, label);
  const az = progress.az === undefined ? steps[0]?.az : progress.az;
  return { ...progress, needed, az, underway: progress.underway + steps.length };
}

function again(progress: RequestProgress, event: ProgressEvent & { readonly kind: 'again' }): RequestProgress {
  const { label, spent, avoid } = event;
  const underway = progress.underway - 1;
  return {
    ...progress,
    underway,
    needed: [...progress.needed, { label, spent }],
    avoid: avoid === null ? progress.avoid : new Set(progress.avoid).add(avoid),
    // Nothing ties it to a zone any more.
    az: underway === 0 && progress.there.length === 0 ? undefined : progress.az,
  };
}

/** The first reason stays. */
function declined(progress: RequestProgress, because: readonly Reason[]): RequestProgress {
  return progress.end?.kind === 'decline' ? progress : { ...progress, end: declining(because) };
}

function declining(because: readonly Reason[] | null): RequestEnding | null {
  return because && { kind: 'decline', because };
}

function ended(progress: RequestProgress, end: RequestEnding | null): RequestProgress {
  return { ...progress, end: progress.end ?? end };
}

function takeOut(needed: NeededNode[], label: string): NeededNode | undefined {
  const at = needed.findIndex((node) => node.label === label);
  return at < 0 ? undefined : needed.splice(at, 1)[0];
}
