import { afterEach, describe, expect, it } from 'vitest';
import { LeaseClocks } from '../../../src/apps/leases/lease-clocks.js';
import { LeaseEnds } from '../../../src/apps/leases/lease-ends.js';
import type { LeaseDeadlines } from '../../../src/domain/decide/lease-end.js';
import type { NodeLease } from '../../../src/domain/model/lease.js';
import type { LeaseServices } from '../../../src/apps/leases/services.js';
import { timedMemoryWorld } from '../../support/timed-worlds.js';
import { runStorm } from '../../support/lease-storm.js';

const SEEDS = 40;
/** What virtual wall clocks show at the beginning. */
const EPOCH = timedMemoryWorld().clock.now();

type Method = (this: unknown, ...rest: readonly never[]) => unknown;

const undo: (() => void)[] = [];
afterEach(() => undo.splice(0).forEach((each) => each()));

/** Puts another method in the place of one, which it is given. */
function change(of: { readonly prototype: object }, name: string, make: (original: Method) => Method): void {
  const original = Reflect.get(of.prototype, name) as Method;
  undo.push(() => void Reflect.set(of.prototype, name, original));
  Reflect.set(of.prototype, name, make(original));
}

interface Mutation {
  readonly name: string;
  readonly plant: () => void;
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'never ends a lease whose holder died [L11]',
    plant: () =>
      change(LeaseClocks, 'of', () => (): LeaseDeadlines => ({
        wait: Infinity,
        expiry: Infinity,
        limit: Infinity,
        spare: -Infinity,
      })),
  },
  {
    name: 'does not count signs of life [L4]',
    plant: () =>
      change(LeaseClocks, 'updated', (original) => {
        return function (this: unknown, id: string, before: NodeLease, after: NodeLease) {
          return original.call(this, ...([id, before, { ...after, heartbeat: before.heartbeat }] as never[]));
        };
      }),
  },
  {
    name: 'measures deadlines on a clock that jumps [L13]',
    plant: () =>
      change(LeaseClocks, 'of', (original) => {
        return function (this: { readonly services: { readonly clock: { now(): number; monotonic(): number } } }, id) {
          const { clock } = this.services;
          const deadlines = original.call(this, id) as LeaseDeadlines;
          const jumped = clock.now() - clock.monotonic() - EPOCH;
          return { ...deadlines, expiry: deadlines.expiry - jumped };
        } as Method;
      }),
  },
  {
    name: 'answers that a lease has ended without writing it [L3]',
    plant: () =>
      change(LeaseEnds, 'end', () => {
        return async function (this: { readonly services: LeaseServices }, id: string) {
          return this.services.records.leases.read(id);
        } as Method;
      }),
  },
];

describe('the storms find a gateway that', () => {
  it.each(MUTATIONS.map((mutation) => [mutation.name, mutation] as const))('%s', async (_name, { plant }) => {
    plant();
    let found: string | null = null;
    for (let seed = 1; seed <= SEEDS && found === null; seed += 1)
      await runStorm(seed).catch((error: unknown) => (found = `seed ${seed}: ${String(error)}`));
    expect(found, `no seed up to ${SEEDS} finds it`).not.toBeNull();
  });
});
