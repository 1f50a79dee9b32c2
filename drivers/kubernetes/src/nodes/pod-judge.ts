/** What the status of a pod means for a launch [K19, K20, K21]. */
import type { Clock } from 'nodepool/driver';
import type { Judge, Verdict } from '../client/follow.js';
import type { KubeObject } from '../client/objects.js';
import { conditionsOf } from '../client/objects.js';
import { Failure } from '../failure.js';
import type { Patience } from './patience.js';

export interface RunningPod {
  /** The machine it runs on. */
  readonly machine: string | null;
}

interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

interface ContainerStatus {
  readonly state?: { readonly waiting?: Waiting };
}

interface Waiting {
  readonly reason?: string;
  readonly message?: string;
}

/** Nothing but another configuration helps. */
const HOPELESS = new Set(['InvalidImageName', 'ErrImageNeverPull', 'CreateContainerConfigError']);
const PULLING = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable']);
/** Why a machine refuses or drops a pod that it has no room for. */
const NO_ROOM = /^(?:Evicted|OutOf\w+|UnexpectedAdmissionError|Preempting|Preempted)$/;

/** Judges one pod while it starts. Remembers since when something is wrong. */
export function podJudge(
  pod: string,
  externalId: string,
  clock: Pick<Clock, 'monotonic'>,
  patience: Patience,
): Judge<RunningPod> {
  const since = new Map<string, number>();
  /** The failure, once it has lasted for too long; until then, how long it may go on. */
  const lasting = ({ tolerated, failure }: Trouble): Verdict<RunningPod> => {
    const began = since.get(tolerated) ?? clock.monotonic();
    since.set(tolerated, began);
    const left = began + patience[tolerated] - clock.monotonic();
    if (left <= 0) throw failure;
    return { within: left };
  };
  return (found) => {
    if (!found || found.metadata.deletionTimestamp !== undefined) {
      throw new Failure('not-found', `Pod ${pod} is gone`, { externalId, metric: 'error.deleted' });
    }
    const status = (found.status ?? {}) as PodStatus;
    if (status.phase === 'Running') return { answer: { machine: machineOf(found) } };
    if (status.phase === 'Failed' || status.phase === 'Succeeded') throw ended(pod, externalId, status);
    const trouble = imageTrouble(pod, externalId, status) ?? roomTrouble(pod, externalId, found);
    if (trouble) return lasting(trouble);
    since.clear();
    return { within: null };
  };
}

/** What may pass by itself. */
interface Trouble {
  /** How long it is waited for that. */
  readonly tolerated: 'image' | 'unschedulable';
  readonly failure: Failure;
}

/** @throws Failure kind `configuration` for what does not pass */
function imageTrouble(pod: string, externalId: string, status: PodStatus): Trouble | undefined {
  const waiting = waitingFor(status);
  const reason = waiting?.reason ?? '';
  const words = `Pod ${pod}: ${[reason, waiting?.message].filter(Boolean).join(': ')}`;
  const details = { externalId, metric: 'error.image' };
  if (HOPELESS.has(reason)) throw new Failure('configuration', words, details);
  return PULLING.has(reason) ? { tolerated: 'image', failure: new Failure('transient', words, details) } : undefined;
}

function roomTrouble(pod: string, externalId: string, found: KubeObject): Trouble | undefined {
  const scheduling = conditionsOf(found).find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (scheduling?.reason !== 'Unschedulable') return undefined;
  const problem = `Pod ${pod} finds no room: ${scheduling.message ?? 'the scheduler does not say why'}`;
  const failure = new Failure('capacity', problem, { externalId, metric: 'error.capacity' });
  return { tolerated: 'unschedulable', failure };
}

function machineOf({ spec }: KubeObject): string | null {
  return (spec as { readonly nodeName?: string } | undefined)?.nodeName ?? null;
}

function waitingFor({ containerStatuses = [], initContainerStatuses = [] }: PodStatus): Waiting | undefined {
  const waiting = [...initContainerStatuses, ...containerStatuses].map(({ state }) => state?.waiting);
  return waiting.find((one) => HOPELESS.has(one?.reason ?? '') || PULLING.has(one?.reason ?? ''));
}

function ended(pod: string, externalId: string, { phase, reason, message }: PodStatus): Failure {
  const words = `Pod ${pod} has ended (${phase ?? ''}): ${[reason, message].filter(Boolean).join(': ') || 'without a reason'}`;
  if (NO_ROOM.test(reason ?? '')) return new Failure('capacity', words, { externalId, metric: 'error.capacity' });
  return new Failure('transient', words, { externalId, metric: 'error.status' });
}
