/** True of a pool that has nothing to do with the request; worth saying only if nobody says more. */
export const BYSTANDING: ReadonlySet<string> = new Set([
  'NOT_REQUESTED',
  'REQUEST_LOCKED',
  'LABEL_UNKNOWN',
  'ALREADY_DECLINED',
  'YIELD_CAPABLE_POOL',
  'YIELD_WISHED_PROVIDER',
  'YIELD_PRIORITY',
]);
