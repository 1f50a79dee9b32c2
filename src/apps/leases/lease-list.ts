import type { NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LeaseCaller, LeaseFilter } from '../../ports/leasing/lease-desk.js';
import { maySee } from './desk-rules.js';

export interface LeasePage {
  readonly page: readonly Stored<NodeLease>[];
  /** Where the next page begins; null: this was the last. */
  readonly next: LeaseFilter['after'] | null;
}

/** The leases that a caller may see, newest first [L7]. */
export function listLeases(all: Iterable<Stored<NodeLease>>, caller: LeaseCaller, filter: LeaseFilter): LeasePage {
  const wanted = [...all].filter(({ id, value }) => {
    if (!maySee(value, caller)) return false;
    if (filter.state !== undefined && value.state !== filter.state) return false;
    if (filter.holder !== undefined && value.holder !== filter.holder) return false;
    return !filter.after || compare({ id, createdAt: value.createdAt }, filter.after) > 0;
  });
  wanted.sort((a, b) => compare(placeOf(a), placeOf(b)));
  const page = wanted.slice(0, filter.limit);
  const last = page.at(-1);
  return { page, next: wanted.length > page.length && last ? placeOf(last) : null };
}

type Place = NonNullable<LeaseFilter['after']>;

function placeOf({ id, value }: Stored<NodeLease>): Place {
  return { id, createdAt: value.createdAt };
}

function compare(a: Place, b: Place): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
