import type { RegisteredPool } from '../model/launcher.js';

/** A pool as reasons name it: the names of pools are unique in their provider only. */
export function poolName({ provider, name }: { readonly provider: string; readonly name: string }): string {
  return `${provider}/${name}`;
}

/** The same of a registered one, whose name old launchers do not say. */
export function registeredName({ providerName, poolName: name }: RegisteredPool): string {
  return `${providerName}/${name ?? '?'}`;
}

/** The pool that speaks under a launcher id; undefined when it is not registered. */
export function speakers(pools: readonly RegisteredPool[]): (decider: string) => string | undefined {
  const names = new Map(pools.map((pool) => [pool.id, registeredName(pool)]));
  return (decider) => names.get(decider);
}
