/**
 * Should an image be built now (spec BUILDER 2.4)? Changes of elements, release or environment do not count: operators order
 * a build when they want those to take effect.
 */
import type { DiskImageConfig } from '../config/config.js';
import type { Decision, Reason } from '../explain/reason.js';
import type { StoredBuild } from '../model/image.js';
import { knownOrOldest } from '../model/moment.js';
import { holdsBack } from './build-backoff.js';
import type { Backoff } from './build-backoff.js';
import { newestReadyBuilds } from './image-recency.js';

export interface BuildDueInput {
  readonly image: DiskImageConfig;
  /** All builds of the image, by any builder. */
  readonly builds: readonly StoredBuild[];
  /** Paused on the command line. */
  readonly paused: boolean;
  /** When a build was ordered on the command line, if one was. */
  readonly requestedAt: number | undefined;
  /** The last failures of this builder with this image, if any. */
  readonly backoff: Backoff | undefined;
  readonly now: number;
}

export interface BuildDecision extends Decision<'build' | 'wait'> {
  /** `manual`: due only because it was ordered; the order goes away after success. */
  readonly kind: 'scheduled' | 'manual';
  /** The newest ready build the decision rests on. If it changes before the lock is held, somebody else was faster. */
  readonly newest: string | null;
  /** When time alone may change a `wait`; Infinity if only an event can. */
  readonly again: number;
}

export function buildDue(input: BuildDueInput): BuildDecision {
  const newest = newestReadyBuilds(input.builds, 1)[0];
  const base = { newest: newest?.build ?? null };
  const barred = barrier(input);
  if (barred) return { ...base, verdict: 'wait', kind: 'scheduled', because: [barred], again: Infinity };

  const scheduled = scheduledReason(input, newest);
  const ordered = orderedReason(input);
  const due = scheduled.due ? scheduled.reason : ordered;
  if (!due) return { ...base, verdict: 'wait', kind: 'scheduled', because: [scheduled.reason], again: scheduled.again };

  const kind = scheduled.due ? 'scheduled' : 'manual';
  if (heldBack(input)) {
    const { until, failures, problem } = input.backoff as Backoff;
    const because: Reason[] = [{ code: 'BACKOFF', subject: input.image.name, until, failures, problem }, due];
    return { ...base, verdict: 'wait', kind, because, again: until };
  }
  return { ...base, verdict: 'build', kind, because: [due], again: Infinity };
}

function barrier({ image, paused }: BuildDueInput): Reason | undefined {
  if (image.pause) return { code: 'IMAGE_PAUSED', image: image.name, by: 'configuration' };
  if (paused) return { code: 'IMAGE_PAUSED', image: image.name, by: 'operator' };
  if (image.formats.length === 0) return { code: 'NO_FORMATS', image: image.name };
  return undefined;
}

function scheduledReason(
  { image, now }: BuildDueInput,
  newest: StoredBuild | undefined,
): { readonly due: boolean; readonly reason: Reason; readonly again: number } {
  if (!newest) return { due: true, reason: { code: 'NO_READY_BUILD', image: image.name }, again: Infinity };
  const missing = image.formats.filter((format) => !newest.value.formats.includes(format));
  if (missing.length > 0) {
    const reason: Reason = { code: 'FORMAT_MISSING', image: image.name, build: newest.build, formats: missing };
    return { due: true, reason, again: Infinity };
  }
  const since = knownOrOldest(newest.value.stateTime);
  const age = now - since;
  const facts = { image: image.name, build: newest.build, age, rebuildAge: image.rebuildAge };
  const due = age >= image.rebuildAge;
  return {
    due,
    reason: { code: due ? 'BUILD_OLD' : 'BUILD_FRESH', ...facts },
    again: since + image.rebuildAge,
  };
}

function orderedReason({ image, requestedAt }: BuildDueInput): Reason | undefined {
  return requestedAt === undefined ? undefined : { code: 'BUILD_REQUESTED', image: image.name, since: requestedAt };
}

/** An order given after the last failure is carried out at once: the operator knows better than the back-off. */
function heldBack({ backoff, now, requestedAt }: BuildDueInput): boolean {
  if (!holdsBack(backoff, now)) return false;
  return requestedAt === undefined || requestedAt <= backoff.failedAt;
}
