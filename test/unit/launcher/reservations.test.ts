import { expect, test } from 'vitest';
import type { CircuitBreakers } from '../../../src/apps/launcher/circuit-breaker.js';
import type { LaunchPermission } from '../../../src/apps/launcher/launch-permission.js';
import type { NodeIndex } from '../../../src/apps/launcher/node-index.js';
import { reserve } from '../../../src/apps/launcher/reservation.js';
import { Reservations } from '../../../src/apps/launcher/reservations.js';
import type { PlannedStep } from '../../../src/domain/decide/pool-plan.js';

test('what is reserved counts for provider, pool and tenant until it is given back, once', () => {
  const reservations = new Reservations();
  const resources = { instances: 1, cores: 4 };
  const giveBack = reservations.reserve({ provider: 'cloud', pool: 'main', tenant: 'acme', resources });
  reservations.reserve({ provider: 'cloud', pool: 'other', tenant: null, resources: { instances: 1, ram: 8 } });
  expect(reservations.forProvider('cloud')).toEqual({ instances: 2, cores: 4, ram: 8 });
  expect(reservations.forPool('cloud', 'main')).toEqual({ instances: 1, cores: 4 });
  expect(reservations.forTenant('acme')).toEqual({ instances: 1, cores: 4 });
  giveBack();
  giveBack();
  expect(reservations.forProvider('cloud')).toMatchObject({ instances: 1, cores: 0, ram: 8 });
  expect(reservations.forPool('cloud', 'main')).toMatchObject({ instances: 0 });
  expect(reservations.forTenant('acme')).toMatchObject({ instances: 0 });
  expect(reservations.forTenant('nobody')).toEqual({});
});

/** One planned launch, reserved. */
function aReservedLaunch() {
  const reservations = new Reservations();
  const happened = { cancelled: 0, woken: 0 };
  const permission = { cancel: () => (happened.cancelled += 1) } as unknown as LaunchPermission;
  const breakers = { of: () => ({ begin: () => permission }) } as unknown as CircuitBreakers;
  const hub = { wake: () => (happened.woken += 1) };
  const step = { kind: 'create', label: 'small', az: null, resources: { instances: 1 } } as const;
  const planned = { step, permission: null } as unknown as PlannedStep;
  const context = { index: {} as NodeIndex, reservations, breakers, hub };
  return { reservations, happened, reservation: reserve(context, { provider: 'cloud', name: 'main' }, planned) };
}

test('a step that comes to nothing gives back its room, its place in max-concurrency and its leave to create, and tells all pools once', () => {
  const { reservations, happened, reservation } = aReservedLaunch();
  expect(reservations.forPool('cloud', 'main')).toEqual({ instances: 1 });
  expect(reservations.launchesOf('cloud')).toBe(1);
  expect(happened.woken).toBe(0);
  reservation.release();
  reservation.release();
  expect(reservations.forPool('cloud', 'main')).toEqual({ instances: 0 });
  expect(reservations.forProvider('cloud')).toEqual({ instances: 0 });
  expect(reservations.launchesOf('cloud')).toBe(0);
  expect(happened).toEqual({ cancelled: 1, woken: 1 });
});

test('room that may be taken is kept for a while, and all pools are told when it is given back', async () => {
  const { reservations, happened, reservation } = aReservedLaunch();
  let pass = (): void => undefined;
  reservation.releaseLater(new Promise((resolve) => (pass = () => resolve(undefined))));
  expect(reservations.launchesOf('cloud')).toBe(0);
  expect(reservations.forPool('cloud', 'main')).toEqual({ instances: 1 });
  expect(happened).toEqual({ cancelled: 1, woken: 1 });
  pass();
  await Promise.resolve();
  await Promise.resolve();
  expect(reservations.forPool('cloud', 'main')).toEqual({ instances: 0 });
  expect(happened.woken).toBe(2);
});
