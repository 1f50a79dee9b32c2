import type { NodepoolConfig, PoolConfig } from '../../../src/domain/config/config.js';
import type { Reason } from '../../../src/domain/explain/reason.js';
import type { ModelRecord } from '../kernel/tree-model.js';
import { text, texts } from '../kernel/tree-model.js';
import type { World } from '../world.js';

/** What is known, at the moment at which something is said, of who says what about whom. */
export interface Facts {
  readonly world: World;
  /** Who says it: `<host>-PoolWorker.<provider>-<pool>-<hex>`, or another part of a daemon. */
  readonly decider: string;
  readonly verdict: string;
  /** The id of what it is said of: of a request, node, label or image. */
  readonly id: string;
}

export type ReasonOf<Code extends Reason['code']> = Reason extends infer R
  ? R extends { readonly code: infer Own }
    ? Code extends Own
      ? R
      : never
    : never
  : never;

/** Answers why the reason is not true, or null. It is to say so only if it cannot be true, whatever the speaker has not heard of yet. */
export type Judge<Code extends Reason['code']> = (reason: ReasonOf<Code>, facts: Facts) => string | null;

/** One for each code of a kind: a code without a judge does not compile. */
export type Judges<Code extends Reason['code']> = { readonly [Each in Code]: Judge<Each> };

/** Seconds that an edited configuration may take to be in force everywhere. */
export const CONFIG_LAG = 60;
/** Seconds after which everybody who is there has heard of a change. */
export const HEARD = 10;

export function problemUnless(holds: boolean, problem: string): string | null {
  return holds ? null : problem;
}

/** Does it hold under some configuration that the speaker may go by? */
export function somewhere({ world }: Facts, holds: (config: NodepoolConfig) => boolean): boolean {
  return world.recentConfigs(CONFIG_LAG).some(holds);
}

/** The pool that the decider is of, in a configuration. */
export function poolOf({ decider }: Facts, config: NodepoolConfig): PoolConfig | undefined {
  for (const provider of config.providers.values())
    for (const pool of provider.pools.values())
      if (decider.includes(`-PoolWorker.${provider.name}-${pool.name}-`)) return pool;
  return undefined;
}

export function requestOf({ world, id }: Facts): ModelRecord | undefined {
  return world.model.requests.get(id);
}

/** Does the request want the label? Of one that is gone meanwhile nobody knows. */
export function wants(label: string, facts: Facts): boolean {
  const request = requestOf(facts);
  return request === undefined || texts(request.json?.['node_types']).includes(label);
}

export function requestorOf(facts: Facts): string | null {
  return text(requestOf(facts)?.json?.['requestor']);
}

export function isRegistered({ world }: Facts, launcher: string): boolean {
  return [...world.model.registered.values()].some(({ id }) => id === launcher);
}

/** Has nothing happened to the record for so long that everybody knows it? */
export function isKnown({ world }: Facts, record: ModelRecord): boolean {
  return world.clock.monotonic() - record.changedAt > HEARD;
}
