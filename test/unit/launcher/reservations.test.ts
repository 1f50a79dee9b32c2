import { expect, test } from 'vitest';
import { Reservations } from '../../../src/apps/launcher/reservations.js';

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
