import type { FakeCloud } from '../../../src/adapters/fake-cloud/fake-cloud.js';
import type { NodepoolConfig, PoolConfig, ProviderConfig } from '../../../src/domain/config/config.js';
import type { Reason } from '../../../src/domain/explain/reason.js';
import { openStackLabelSettings } from '../../../src/domain/config/openstack.js';
import type { OpenStackLabelSettings } from '../../../src/domain/config/openstack.js';
import type { Resources } from '../../../src/domain/model/quota.js';
import { addResources, NO_RESOURCES } from '../../../src/domain/model/quota.js';
import { chooseFlavor } from '../../../src/adapters/fake-cloud/fake-flavor.js';
import type { ModelRecord } from '../kernel/tree-model.js';
import type { SimProcess } from '../kernel/sim-process.js';
import { text, texts } from '../kernel/tree-model.js';
import { LAB } from '../scenario/machines.js';
import type { World } from '../world.js';

/** What is known, at the moment at which something is said, of who says what about whom. */
export interface Facts {
  readonly world: World;
  readonly process: SimProcess;
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

/** Since when the decider has been registered; Infinity = it is not. */
export function registeredSince({ world, decider }: Facts): number {
  return [...world.model.registered.values()].find(({ id }) => id === decider)?.since ?? Infinity;
}

export function providerOf(facts: Facts, config: NodepoolConfig): ProviderConfig | undefined {
  return config.providers.get(poolOf(facts, config)?.provider ?? '');
}

/** What a node of the label takes in a pool, by the flavors of its cloud; null: no flavor is large enough. */
export function resourcesOf(label: string, pool: PoolConfig, { world }: Facts): Resources | null {
  const config = pool.labels.get(label);
  const { minRam = 0 }: Partial<OpenStackLabelSettings> = config ? openStackLabelSettings(config) : {};
  if (pool.provider === LAB) return { instances: 1 };
  const cloud = cloudOf(world, pool.provider);
  try {
    const { cores, ram } = chooseFlavor(cloud.knobs.flavors, { minRam, flavorName: null });
    return { instances: 1, cores, ram };
  } catch {
    return null;
  }
}

export function cloudOf(world: World, provider: string): FakeCloud {
  const known = world.configs.findLast(({ config }) => config.providers.has(provider))?.config.providers.get(provider);
  const settings = known?.settings as { readonly cloud?: string } | undefined;
  return world.cloud(settings?.cloud ?? provider);
}

/** All that the request wants, by the pool's labels in one of the configurations. */
export function wholeOf(facts: Facts, pool: PoolConfig): Resources {
  const labels = texts(requestOf(facts)?.json?.['node_types']);
  return labels.map((label) => resourcesOf(label, pool, facts) ?? { instances: 1 }).reduce(addResources, NO_RESOURCES);
}

/** Has nothing happened to the record for so long that everybody knows it? */
export function isKnown({ world }: Facts, record: ModelRecord): boolean {
  return world.clock.monotonic() - record.changedAt > HEARD;
}
