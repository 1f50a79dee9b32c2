/**
 * Amounts of resources. Keys are `instances`, `cores`, `ram` (MiB), `volumes`, `volume-gb` (GB) and whatever a driver adds.
 * In a *usage* a missing key means 0, in a *limit* it means unlimited (spec LAUNCHER 2.10).
 */
export type Resources = Readonly<Record<string, number>>;

export const NO_RESOURCES: Resources = {};
export const UNLIMITED: Resources = {};

export function addResources(a: Resources, b: Resources): Resources {
  const sum: Record<string, number> = { ...a };
  for (const [key, amount] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + amount;
  return sum;
}

/** What is left of `limit` after `usage`; keys without a limit stay without one. May be negative. */
export function remaining(limit: Resources, usage: Resources): Resources {
  const rest: Record<string, number> = {};
  for (const [key, amount] of Object.entries(limit)) rest[key] = amount - (usage[key] ?? 0);
  return rest;
}
