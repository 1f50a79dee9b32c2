import { ensure, ensureSame, shown } from '../check-failure.js';
import type { DriverCheck } from '../driver-check.js';
import { anyProvider, launching } from '../driver-check.js';
import { never } from '../never.js';

/** Lists, limits, zones, labels, and the provider's own life. */
export const ACCOUNT_CHECKS: readonly DriverCheck[] = [
  anyProvider('list-form', 'each entry of the list has an id, metadata of texts, and amounts', async (trial) => {
    if (trial.launches) await trial.create(trial.spec());
    for (const { externalId, metadata, resources } of await trial.run(trial.provider.list(never))) {
      ensure(typeof externalId === 'string' && externalId !== '', `an id is a text, not ${shown(externalId)}`);
      for (const value of Object.values(metadata)) ensure(typeof value === 'string', 'metadata are texts');
      for (const amount of Object.values(resources))
        ensure(typeof amount === 'number' && amount >= 0, 'amounts are numbers');
    }
  }),
  launching('list-once', 'no instance is listed twice', async (trial) => {
    for (const number of [1, 2, 3]) await trial.create(trial.spec(number));
    const ids = await trial.listedIds();
    ensureSame(new Set(ids).size, ids.length, 'different ids in the list');
  }),
  launching('list-together', 'many may ask for the list at once, and all get it', async (trial) => {
    const id = await trial.create(trial.spec());
    const lists = await Promise.all(Array.from({ length: 20 }, () => trial.run(trial.provider.list(never))));
    for (const list of lists)
      ensure(
        list.some(({ externalId }) => externalId === id),
        'every list shows the instance',
      );
  }),
  launching('list-counts-instances', 'each of our instances counts as one in the use of the account', async (trial) => {
    await trial.create(trial.spec(1));
    await trial.create(trial.spec(2));
    const counts = (await trial.listed()).map(({ resources }) => resources['instances']);
    ensureSame(counts, [1, 1], 'instances of each');
  }),
  launching('leak-shows', 'an instance that nobody remembers still shows whose it was', async (trial) => {
    const spec = trial.spec();
    await trial.create(spec);
    const [found] = await trial.ofNode(spec);
    for (const key of ['nodepool_node_id', 'nodepool_provider_name', 'nodepool_pool_name']) {
      ensureSame(found?.metadata[key], spec.metadata[key], key);
    }
  }),
  anyProvider('limits-amounts', 'the limits of the account are amounts', async (trial) => {
    for (const [key, amount] of Object.entries(await trial.run(trial.provider.limits(never)))) {
      ensure(typeof amount === 'number' && amount >= 0, `${key} is an amount, not ${shown(amount)}`);
    }
  }),
  anyProvider('zones-names', 'the zones of the cloud have names, each its own', async (trial) => {
    const zones = await trial.run(trial.provider.availabilityZones(never));
    for (const zone of zones) ensure(typeof zone === 'string' && zone !== '', `a zone has a name, not ${shown(zone)}`);
    ensureSame(new Set(zones).size, zones.length, 'different zones');
  }),
  launching('label-ready', 'a label that can be served is ready, and that is answered at once', async (trial) => {
    const { pool, label } = trial.spec();
    ensureSame(trial.provider.labelReady(pool, label).ready, true, 'ready');
  }),
  launching('label-resources', 'what a node takes is answered at once, and is one instance', async (trial) => {
    const { pool, label } = trial.spec();
    const resources = trial.provider.resourcesOf(pool, label);
    ensureSame(resources['instances'], 1, 'instances');
    for (const [key, amount] of Object.entries(resources)) {
      ensure(Number.isFinite(amount) && amount >= 0, `${key} is an amount, not ${shown(amount)}`);
    }
    ensureSame(trial.provider.resourcesOf(pool, label), resources, 'the same question again');
  }),
  anyProvider('stop-twice', 'a provider can be stopped twice', async (trial) => {
    await trial.run(trial.provider.stop());
    await trial.run(trial.provider.stop());
  }),
  anyProvider('restart', 'a second provider object works beside the first', async (trial) => {
    const second = await trial.reopened();
    await trial.run(second.list(never));
    await trial.run(second.stop());
    await trial.run(trial.provider.list(never));
  }),
  anyProvider('images-or-null', 'images are there if the driver promises them, and null otherwise', async (trial) => {
    const { capabilities } = trial.bench;
    const { images } = trial.provider;
    ensure(images === null || typeof images === 'object', `images is an object or null, not ${shown(images)}`);
    if (capabilities) ensureSame(images !== null, capabilities.images, 'are images kept');
  }),
];
