/**
 * What a new configuration changes against the one in force (spec BUILDER 1.5, 1.12). Effects name things, never values,
 * so they may be logged.
 */
import type { NodepoolConfig, ProviderConfig } from './config.js';
import type { LeaseTokenConfig } from './lease-api.js';
import { sameValue } from './value-equality.js';

type Change = 'added' | 'removed' | 'changed';

export type ConfigEffect =
  /** A changed provider gets a new provider object; the old one ends after the new one has started. */
  | { readonly kind: `provider-${Change}`; readonly provider: string }
  /** Comes in addition to the provider's effect, for each pool of a provider that both configurations have. */
  | { readonly kind: `pool-${Change}`; readonly provider: string; readonly pool: string }
  | { readonly kind: `label-${Change}`; readonly label: string }
  | { readonly kind: `image-${Change}`; readonly image: string }
  | { readonly kind: `tenant-limits-${Change}`; readonly tenant: string }
  | { readonly kind: 'zookeeper-changed'; readonly parts: readonly ZooKeeperPart[] }
  | { readonly kind: 'max-hold-age-changed' }
  /** Takes effect at the next start only. */
  | { readonly kind: 'webapp-changed' }
  /** Where it listens takes effect at the next start only. */
  | { readonly kind: 'lease-api-changed' }
  | { readonly kind: `lease-tokens-${Change}`; readonly holder: string }
  | { readonly kind: 'build-settings-changed'; readonly keys: readonly BuildSetting[] };

/** A changed server list applies to the running connection; the other parts need a restart. */
export type ZooKeeperPart = 'servers' | 'chroot' | 'tls' | 'timeout';
export type BuildSetting = 'elementsDir' | 'imagesDir' | 'buildLogDir' | 'buildLogRetention';

const ZOOKEEPER_PARTS: readonly ZooKeeperPart[] = ['servers', 'chroot', 'tls', 'timeout'];
const BUILD_SETTINGS: readonly BuildSetting[] = ['elementsDir', 'imagesDir', 'buildLogDir', 'buildLogRetention'];

/** Empty when both mean the same. */
export function configDifference(before: NodepoolConfig, after: NodepoolConfig): readonly ConfigEffect[] {
  const effects: ConfigEffect[] = [];
  const zookeeperParts = ZOOKEEPER_PARTS.filter(
    (part) => !sameValue(before.zookeeper?.[part], after.zookeeper?.[part]),
  );
  if (zookeeperParts.length > 0) effects.push({ kind: 'zookeeper-changed', parts: zookeeperParts });
  if (before.maxHoldAge !== after.maxHoldAge) effects.push({ kind: 'max-hold-age-changed' });
  if (!sameValue(before.webapp, after.webapp)) effects.push({ kind: 'webapp-changed' });
  if (!sameValue(before.leaseApi, after.leaseApi)) effects.push({ kind: 'lease-api-changed' });
  for (const [holder, change] of mapChanges(tokensByHolder(before), tokensByHolder(after)))
    effects.push({ kind: `lease-tokens-${change}`, holder });
  const keys = BUILD_SETTINGS.filter((key) => !sameValue(before[key], after[key]));
  if (keys.length > 0) effects.push({ kind: 'build-settings-changed', keys });

  for (const [label, change] of mapChanges(before.labels, after.labels)) {
    effects.push({ kind: `label-${change}`, label });
  }
  for (const [image, change] of mapChanges(before.diskImages, after.diskImages)) {
    effects.push({ kind: `image-${change}`, image });
  }
  for (const [tenant, change] of mapChanges(before.tenantLimits, after.tenantLimits)) {
    effects.push({ kind: `tenant-limits-${change}`, tenant });
  }
  for (const [provider, change] of mapChanges(before.providers, after.providers)) {
    effects.push({ kind: `provider-${change}`, provider });
    effects.push(...poolEffects(before.providers.get(provider), after.providers.get(provider)));
  }
  return effects;
}

function tokensByHolder({ leaseTokens = [] }: NodepoolConfig): ReadonlyMap<string, readonly LeaseTokenConfig[]> {
  const byHolder = new Map<string, readonly LeaseTokenConfig[]>();
  for (const token of leaseTokens) byHolder.set(token.name, [...(byHolder.get(token.name) ?? []), token]);
  return byHolder;
}

function poolEffects(before: ProviderConfig | undefined, after: ProviderConfig | undefined): ConfigEffect[] {
  if (before === undefined || after === undefined) return [];
  return mapChanges(before.pools, after.pools).map(([pool, change]) => ({
    kind: `pool-${change}`,
    provider: after.name,
    pool,
  }));
}

function mapChanges(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): readonly (readonly [string, Change])[] {
  const changes: (readonly [string, Change])[] = [];
  for (const name of before.keys()) if (!after.has(name)) changes.push([name, 'removed']);
  for (const [name, value] of after) {
    if (!before.has(name)) changes.push([name, 'added']);
    else if (!sameValue(before.get(name), value)) changes.push([name, 'changed']);
  }
  return changes;
}
