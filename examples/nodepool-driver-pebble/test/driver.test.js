import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import {
  anInstanceSpec,
  aPool,
  aPoolLabel,
  aProviderConfig,
  driverContext,
  registerDriverChecks,
} from 'nodepool/testing';
import driver from '../src/driver.js';
import openBench from './bench.js';
import { PebbleCloud } from './pebble-cloud.js';

const label = aPoolLabel({ settings: { plan: 's1' } });
const pool = aPool({ provider: 'pebble-one', labels: new Map([['small', label]]) });
const configFor = (url, token) =>
  aProviderConfig({
    name: 'pebble-one',
    driver: 'pebble',
    pools: new Map([['main', pool]]),
    settings: { url, token, 'poll-interval': 0.01 },
  });

async function makeBench() {
  const { env, withStrangeCredentials, ...knobs } = await openBench();
  const config = configFor(env.NODEPOOL_PEBBLE_URL, env.NODEPOOL_PEBBLE_TOKEN);
  const open = (changed = config) => driver.createProvider(changed, driverContext());
  return {
    ...knobs,
    capabilities: driver.capabilities,
    provider: open(),
    reopen: () => open(),
    strangeCredentials: () => open(withStrangeCredentials(config)),
    spec: (nodeId) => anInstanceSpec({ nodeId, pool, image: cloudImage('debian-12'), az: 'south' }),
    unknownImage: cloudImage('no-such-image'),
    run: (promise) => promise,
  };
}

const cloudImage = (idOrName) => ({ kind: 'cloud-image', idOrName, byId: false, configDrive: null });

describe('the driver contract', () => registerDriverChecks(test, makeBench));

describe('Pebble in particular', () => {
  let cloud;
  before(async () => (cloud = await new PebbleCloud().open()));
  after(() => cloud.close());

  test('a label with a plan that is not there is broken, and says so', async () => {
    const provider = driver.createProvider(configFor(cloud.url, cloud.token), driverContext());
    await provider.start(new AbortController().signal);
    assert.deepEqual(provider.labelReady(pool, aPoolLabel({ settings: { plan: 'xxl' } })), {
      ready: false,
      broken: true,
      problem: 'Pebble has no plan xxl',
    });
    await provider.stop();
  });
});
