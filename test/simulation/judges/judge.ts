import type { Reason } from '../../../src/domain/explain/reason.js';
import type { JournalEntry } from '../../../src/ports/telemetry/journal.js';
import type { SimProcess } from '../kernel/sim-process.js';
import type { World } from '../world.js';
import { HEARD } from './facts.js';
import type { Facts, Judges } from './facts.js';
import { IMAGE_JUDGES } from './image-judges.js';
import { WITHDRAWAL_JUDGES } from './machine-judges.js';
import { memoryOf } from './memory.js';
import { NODE_JUDGES } from './node-judges.js';
import { REQUEST_JUDGES } from './request-judges.js';

/** One for every code there is: a new code without a judge fails the build. */
const JUDGES: Judges<Reason['code']> = { ...REQUEST_JUDGES, ...NODE_JUDGES, ...WITHDRAWAL_JUDGES, ...IMAGE_JUDGES };

/** Why a pool can never serve a request, as things are. All else passes, and is waited for. */
const LASTING: ReadonlySet<Reason['code']> = new Set([
  'POOL_DISABLED',
  'CONCURRENCY_DISABLED',
  'LABEL_UNKNOWN',
  'LABEL_BROKEN',
  'IMAGE_NOT_READY',
  'REQUEST_OVER_POOL',
  'REQUEST_OVER_PROVIDER',
  'REQUEST_OVER_MACHINES',
  'MIN_READY_AT_CAPACITY',
  'ALREADY_DECLINED',
  'LAUNCH_FAILED',
  'HANDLER_ERROR',
]);

/** Judges what a daemon says at the moment at which it begins to say it. Who has been away, or has lost its session, does not know better yet. */
export function judgeEntry(entry: JournalEntry, process: SimProcess, world: World): void {
  const now = world.clock.monotonic();
  if (entry.subject.kind === 'request')
    memoryOf(world).said(entry.subject.decider, entry.subject.id, entry.decision.verdict);
  if (process.dead || process.absence.to > now - HEARD) return;
  if (memoryOf(world).lately(`session ${process.name}`, now)) return;
  const { subject, decision } = entry;
  // Of what is gone already nobody can say what it was.
  if (subject.kind === 'request' && !world.model.requests.has(subject.id)) return;
  if (decision.verdict === 'decline' && !decision.because.some(({ code }) => LASTING.has(code))) {
    const codes = decision.because.map(({ code }) => code).join(' ');
    world.chronicle.fail(
      'failures are deserved',
      `${subject.decider} declines ${subject.id} for ${codes}, which passes`,
    );
  }
  const facts: Facts = { world, process, decider: subject.decider, verdict: decision.verdict, id: subject.id };
  for (const reason of decision.because) {
    // Whoever speaks of a label quotes what pools have said of its requests: that was judged there and then.
    if (subject.kind === 'label' && reason.code in REQUEST_JUDGES) continue;
    const problem = judge(reason, facts);
    if (problem === null) continue;
    const detail = `${subject.decider} says ${decision.verdict} of ${subject.kind} ${subject.id}: ${JSON.stringify(reason)}, but ${problem}`;
    world.chronicle.fail('every reason is true', detail);
  }
}

function judge(reason: Reason, facts: Facts): string | null {
  const read = JUDGES[reason.code] as (reason: Reason, facts: Facts) => string | null;
  return read(reason, facts);
}
