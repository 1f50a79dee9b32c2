import type { InstanceSpec, Provider } from '../../../ports/compute/provider.js';
import { CheckSkipped, ensure, ensureSame, shown } from '../check-failure.js';
import type { DriverCheck } from '../driver-check.js';
import { launching } from '../driver-check.js';
import type { Trial } from '../trial.js';
import { never } from '../never.js';

async function ensureOne(trial: Trial, spec: InstanceSpec, when: string): Promise<void> {
  ensureSame((await trial.ofNode(spec)).length, 1, `instances of one node ${when}`);
}

/** Whoever goes by provider and number alone hands out a used machine as new. */
async function ensureNotReused(trial: Trial, second: Provider): Promise<void> {
  const old = trial.spec(1, 'an-earlier-installation');
  const { externalId } = await trial.launch(old);
  const fresh = trial.spec(1, 'another-installation');
  const id = await trial.run(second.create(fresh, never));
  ensure(
    id !== externalId,
    `create answered ${externalId}, an instance of another installation with the same provider and node: ` +
      'find instances by spec.idempotencyKey, or by all nodepool_ metadata',
  );
  await trial.run(second.waitUntilRunning(id, fresh, never));
  await ensureOne(trial, old, 'of the earlier installation, which another one has left alone');
  await ensureOne(trial, fresh, 'of the other installation');
}

/** Making instances, and finding them again. */
export const CREATE_CHECKS: readonly DriverCheck[] = [
  launching('create-runs', 'an instance that was created runs and has an address to connect to', async (trial) => {
    const instance = await trial.launch(trial.spec());
    const credentials = typeof instance.connectionPort === 'object' && instance.connectionPort !== null;
    ensure(
      Boolean(instance.interfaceIp) || credentials,
      'a running instance has an interfaceIp, or a connectionPort with credentials',
    );
  }),
  launching(
    'create-listed-at-once',
    'an instance is listed as soon as it was accepted, before it runs',
    async (trial) => {
      const id = await trial.create(trial.spec());
      ensure((await trial.listedIds()).includes(id), `list shows ${id} right after create`);
    },
  ),
  launching('create-lists-metadata', 'an instance is listed with all of its metadata', async (trial) => {
    const plain = trial.spec();
    const spec = { ...plain, metadata: { ...plain.metadata, groups: 'a,b', odd: 'two words = "quoted"' } };
    const id = await trial.create(spec);
    const found = (await trial.listed()).find(({ externalId }) => externalId === id);
    for (const [key, value] of Object.entries(spec.metadata))
      ensureSame(found?.metadata[key], value, `metadata ${key}`);
  }),
  launching(
    'create-lists-resources',
    'an instance is listed with what resourcesOf says that it takes',
    async (trial) => {
      const spec = trial.spec();
      const id = await trial.create(spec);
      const found = (await trial.listed()).find(({ externalId }) => externalId === id);
      for (const [key, amount] of Object.entries(trial.provider.resourcesOf(spec.pool, spec.label))) {
        ensureSame(found?.resources[key], amount, `resource ${key}`);
      }
    },
  ),
  launching(
    'create-again',
    'creating again for a node that has an instance does not make a second one',
    async (trial) => {
      const spec = trial.spec();
      await trial.launch(spec);
      await trial.launch(spec);
      await ensureOne(trial, spec, 'after a second create');
    },
  ),
  launching(
    'create-again-at-once',
    'creating again before the first instance runs does not make a second one',
    async (trial) => {
      const spec = trial.spec();
      await trial.create(spec);
      const id = await trial.create(spec);
      await ensureOne(trial, spec, 'after a second create');
      await trial.wait(id, spec);
    },
  ),
  launching(
    'create-other-installation',
    'a node of another installation gets another instance, though provider and number are the same',
    async (trial) => {
      await ensureNotReused(trial, trial.provider);
    },
  ),
  launching(
    'create-other-life',
    'after a restart without its store, a node of the same provider and number does not get the old instance',
    async (trial) => {
      await ensureNotReused(trial, await trial.reopened());
    },
  ),
  launching(
    'create-after-lost-answer',
    'an instance whose answer was lost is found again, not made twice',
    async (trial) => {
      const spec = trial.spec();
      await trial.turn(trial.bench.loseNextAnswer, 'lose an answer');
      await trial.failure('a create without an answer', trial.provider.create(spec, never));
      const id = await trial.create(spec);
      await ensureOne(trial, spec, 'after the lost answer');
      await trial.wait(id, spec);
    },
  ),
  launching('create-after-cancel', 'a create that was cancelled and repeated leaves one instance', async (trial) => {
    const spec = trial.spec();
    const stop = new AbortController();
    const first = trial.provider.create(spec, stop.signal).catch(() => undefined);
    stop.abort(new Error('stopped by the check'));
    await trial.run(first);
    await trial.launch(spec);
    await ensureOne(trial, spec, 'after a cancelled create');
  }),
  launching('create-own-ids', 'every node gets an instance of its own', async (trial) => {
    const ids = [
      await trial.create(trial.spec(1)),
      await trial.create(trial.spec(2)),
      await trial.create(trial.spec(3)),
    ];
    ensureSame(new Set(ids).size, 3, 'different ids of three nodes');
  }),
  launching('create-many', 'eight instances can be made at once, and all run', async (trial) => {
    const specs = Array.from({ length: 8 }, (_, index) => trial.spec(index + 1));
    const instances = await Promise.all(specs.map((spec) => trial.launch(spec)));
    ensureSame(new Set(instances.map(({ externalId }) => externalId)).size, 8, 'instances of eight nodes');
    ensureSame((await trial.listed()).length, 8, 'listed instances');
  }),
  launching('create-keeps-spec', 'the spec is left as it is', async (trial) => {
    const spec = trial.spec();
    const before = shown(spec);
    await trial.launch(frozen(spec));
    ensureSame(shown(spec), before, 'the spec afterwards');
  }),
  launching('create-in-zone', 'an instance is made in the zone that was asked for', async (trial) => {
    const zones = await trial.run(trial.provider.availabilityZones(never));
    const az = zones.at(-1);
    if (az === undefined) throw new CheckSkipped('the cloud has no zones');
    const instance = await trial.launch({ ...trial.spec(), az });
    if (instance.az !== null) ensureSame(instance.az, az, 'the zone of the instance');
  }),
  launching(
    'create-unknown-image',
    'an image that does not exist is refused, and nothing is left that cannot be deleted',
    async (trial) => {
      const spec = trial.unknownImageSpec();
      const launch = trial.provider.create(spec, never).then((id) => trial.provider.waitUntilRunning(id, spec, never));
      await trial.failure('an image that does not exist', launch);
      for (const { externalId } of await trial.listed()) await trial.delete(externalId);
      ensureSame(await trial.listedIds(), [], 'what is left');
    },
  ),
  launching('restart-finds', 'instances are found again after a restart, with their metadata', async (trial) => {
    const spec = trial.spec();
    const { externalId } = await trial.launch(spec);
    const [found] = await trial.ofNode(spec, await trial.reopened());
    ensureSame(found?.externalId, externalId, 'the instance that a second provider lists for the node');
  }),
  launching('restart-adopts', 'a node that is launched again after a restart keeps to one instance', async (trial) => {
    const spec = trial.spec();
    await trial.create(spec);
    const second = await trial.reopened();
    const id = await trial.run(second.create(spec, never));
    await trial.run(second.waitUntilRunning(id, spec, never));
    await ensureOne(trial, spec, 'after a restart');
  }),
  launching('restart-deletes', 'an instance can be deleted after a restart', async (trial) => {
    const { externalId } = await trial.launch(trial.spec());
    const second = await trial.reopened();
    await trial.run(second.delete(externalId, never));
    ensureSame(await trial.listedIds(), [], 'what is left');
  }),
];

function frozen(spec: InstanceSpec): InstanceSpec {
  return Object.freeze({
    ...spec,
    metadata: Object.freeze({ ...spec.metadata }),
    image: Object.freeze({ ...spec.image }),
  });
}
