import type { NodepoolConfig } from '../../domain/config/config.js';
import type { Opinion } from '../../domain/explain/explanation.js';
import type { RegisteredPool } from '../../domain/model/launcher.js';
import type { LeaseCondition } from '../../domain/model/lease.js';
import type { RequestId } from '../../domain/model/request.js';
import type { Explanations } from '../../ports/administration/explanations.js';
import type { LauncherOpinions } from '../../ports/administration/launcher-opinions.js';
import type { LauncherView } from '../../ports/records/launchers.js';

/** Other launchers asked at once at most. */
const MOST_LAUNCHERS = 50;
/** Host names as records may hold them, and addresses; what else stands there is not sent anywhere. */
const HOST = /^[A-Za-z0-9_.-]+$|^[0-9A-Fa-f:.]+$/;

export interface ConditionSources {
  /** The decisions of this process. */
  readonly explanations: Explanations;
  readonly launchers: Pick<LauncherView, 'pools'>;
  readonly opinions: LauncherOpinions;
  readonly config: () => NodepoolConfig;
  readonly hostname: string;
}

/** Why a request waits or has failed: what all launchers say, those of other machines over their web interfaces. Never rejects. */
export async function requestConditions(
  sources: ConditionSources,
  request: RequestId,
): Promise<readonly LeaseCondition[]> {
  const pools = sources.launchers.pools();
  const own = sources.explanations.explain('request', request)?.opinions ?? [];
  const asked = otherHosts(pools, sources.hostname).map((host) => {
    const address = `http://${host.includes(':') ? `[${host}]` : host}:${sources.config().webapp.port}`;
    return sources.opinions.ask(address, 'request', request);
  });
  const answers = await Promise.all(asked);
  const others = answers.flatMap((answer) => (answer.kind === 'answered' ? answer.opinions : []));
  const byDecider = new Map([...others, ...own].map((opinion) => [opinion.decider, opinion]));
  return [...byDecider.values()].flatMap((opinion) => conditionsOf(opinion, pools));
}

function otherHosts(pools: readonly RegisteredPool[], own: string): readonly string[] {
  const hosts = pools.map(({ id, process }) => process?.hostname ?? id.replace(/-PoolWorker\..*$/, ''));
  return [...new Set(hosts)].filter((host) => host !== own && HOST.test(host)).slice(0, MOST_LAUNCHERS);
}

function conditionsOf(
  { decider, verdict, since, reasons }: Opinion,
  pools: readonly RegisteredPool[],
): readonly LeaseCondition[] {
  const known = pools.find(({ id }) => id === decider);
  const pool = known ? `${known.providerName}/${known.poolName ?? ''}` : decider;
  return reasons.map(({ code, text, unblock, facts }) => ({
    code,
    pool,
    verdict,
    message: text,
    facts,
    unblock,
    since,
  }));
}
