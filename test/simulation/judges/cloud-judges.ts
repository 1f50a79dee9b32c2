import type { Reason } from '../../../src/domain/explain/reason.js';
import { text } from '../kernel/tree-model.js';
import { CONFIG_LAG, HEARD, problemUnless } from './facts.js';
import type { Facts, Judges } from './facts.js';
import { memoryOf } from './memory.js';

type Code =
  | 'PROVIDER_NOT_READY'
  | 'LAUNCH_FAILED'
  | 'CLOUD_QUOTA'
  | 'CLOUD_CAPACITY'
  | 'CLOUD_RATE'
  | 'CLOUD_SILENT'
  | 'HANDLER_ERROR';

/** Seconds after a refusal for quota within which nothing is made, at most, with what a call may take. */
const HOLD_OFF = 200;
/** Seconds that the launch of a node may take with all its attempts. */
const LAUNCH = 600;
/** Seconds for a provider to start, and to tell its limits. */
const STARTING = 60;

/** What clouds have done, as the speaker knows it from its own calls. */
export const CLOUD_JUDGES: Judges<Code> = {
  PROVIDER_NOT_READY: ({ provider, problem }, facts) => {
    const { world, process, decider, verdict } = facts;
    if (problem === '') return 'it does not say why';
    if (decider.includes('-PoolWorker.') && !decider.includes(`-PoolWorker.${provider}-`))
      return 'that is another provider';
    if (verdict === 'decline') return 'that will pass';
    const now = world.clock.monotonic();
    const memory = memoryOf(world);
    const calls = memory.callsOf(process.name, provider);
    const began = calls.findLast(({ kind }) => kind === 'start')?.at ?? Infinity;
    const answered = calls.some(
      ({ kind, answer, at }) => kind === 'limits' && at >= began && answer?.kind === 'done' && now - at > STARTING,
    );
    const edited = world.recentConfigs(CONFIG_LAG).length > 1;
    return answered && !edited && !memory.trouble(process.name, provider, now) ? 'its cloud answers' : null;
  },
  LAUNCH_FAILED: ({ node, attempts, problem }, facts) => {
    if (problem === '') return 'it does not say why';
    const { world } = facts;
    const record = world.model.nodes.get(node);
    const provider = text(record?.json?.['provider']);
    const request = text(record?.json?.['allocated_to']);
    if (!record || provider === null || world.ledger.excused(node)) return null;
    const creates = memoryOf(world).times(`creates ${request ?? ''}`);
    if (request !== null && attempts > creates) return `its request has seen ${creates} attempts`;
    const allowed = world
      .recentConfigs(CONFIG_LAG)
      .flatMap(({ providers }) => providers.get(provider)?.launchRetries ?? []);
    // Who cannot delete what is broken makes no further attempt.
    if (attempts < Math.min(...allowed) && text(record.json?.['external_id']) === null)
      return `${Math.min(...allowed)} attempts are allowed`;
    const lives = record.state === 'ready' || record.state === 'in-use' || record.state === 'hold';
    return lives ? `it is ${record.state}` : null;
  },
  CLOUD_QUOTA: ({ provider, problem }, facts) => {
    if (problem === '' || !isOwn(provider, facts)) return 'that is another provider';
    const { world, process } = facts;
    const failed = memoryOf(world).trouble(process.name, provider, world.clock.monotonic(), HOLD_OFF);
    return problemUnless(failed, 'it has refused nothing');
  },
  CLOUD_CAPACITY: (reason, facts) => heldBack(reason, facts),
  CLOUD_RATE: (reason, facts) => heldBack(reason, facts),
  CLOUD_SILENT: (reason, facts) => heldBack(reason, facts),
  HANDLER_ERROR: ({ problem }, facts) =>
    problemUnless(KNOWN_ERRORS.some((known) => known.test(problem)) || isShaken(facts), 'nothing has gone wrong'),
};

/** What may stop the handling of a request: no defect of ours. */
const KNOWN_ERRORS = [
  /Unable to find current cloud image/,
  // The configuration has changed since the pool decided.
  /pool \S+ has no label/,
];

/** Has it lost its session, or touch with the store, while it may have handled the request? */
function isShaken({ process, world }: Facts): boolean {
  const now = world.clock.monotonic();
  return process.absence.to > now - LAUNCH || memoryOf(world).lately(`session ${process.name}`, now, LAUNCH);
}

function isOwn(provider: string, { world, decider, id }: Facts): boolean {
  return decider.includes(`-PoolWorker.${provider}-`) || world.model.nodes.get(id)?.json?.['provider'] === provider;
}

type Held = Reason & { readonly code: 'CLOUD_CAPACITY' | 'CLOUD_RATE' | 'CLOUD_SILENT' };

function heldBack({ provider, problem, refusals, underway, since, nextProbe }: Held, facts: Facts): string | null {
  const { world, process } = facts;
  if (problem === '' || !isOwn(provider, facts)) return 'that is another provider';
  if (refusals < 1 || underway < 0) return 'nothing was refused';
  const now = process.clock.now();
  if (since > now + world.clockTolerance || (nextProbe !== null && nextProbe < now - HEARD - world.clockTolerance))
    return 'those are no times';
  const refused = memoryOf(world).trouble(process.name, provider, world.clock.monotonic());
  return problemUnless(refused, 'it has refused nothing');
}
