/** How many nodes of one label could be made now; Infinity: nothing that is known limits them. */
export interface LabelRoom {
  /** By the limits of the pool. */
  readonly pool: number;
  /** By what the provider's account has left, which all its pools share. */
  readonly account: number;
}

/** Of several pools together, each given once. 0 where there is no limit, and therefore no number. */
export function roomOfAll(rooms: readonly { readonly provider: string; readonly room: LabelRoom }[]): number {
  const providers = new Map<string, LabelRoom>();
  for (const { provider, room } of rooms) {
    const known = providers.get(provider) ?? { pool: 0, account: 0 };
    const pool = known.pool + Math.min(room.pool, room.account);
    providers.set(provider, { pool, account: Math.max(known.account, room.account) });
  }
  const sum = [...providers.values()].reduce((all, { pool, account }) => all + Math.min(pool, account), 0);
  return Number.isFinite(sum) ? sum : 0;
}
