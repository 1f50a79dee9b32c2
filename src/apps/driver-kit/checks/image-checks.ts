import { CheckSkipped, ensure, ensureSame, shown } from '../check-failure.js';
import type { DriverCheck } from '../driver-check.js';
import { anyProvider, launching } from '../driver-check.js';
import { never } from '../never.js';

const stopped = new Error('stopped by the check');

/** Disk images, for providers that keep them. */
export const IMAGE_CHECKS: readonly DriverCheck[] = [
  anyProvider('image-listed', 'an uploaded image is listed with its name and properties', async (trial) => {
    const { spec } = trial.images();
    const id = await trial.upload(spec);
    const found = (await trial.listedImages()).find(({ externalId }) => externalId === id);
    ensureSame(found?.name, spec.name, 'its name');
    for (const [key, value] of Object.entries(spec.properties))
      ensureSame(found?.properties[key], value, `property ${key}`);
  }),
  anyProvider('image-removed', 'a removed image is not listed any more', async (trial) => {
    const { images, spec } = trial.images();
    const id = await trial.upload(spec);
    await trial.run(images.remove(id, never));
    ensure(!(await trial.listedImages()).some(({ externalId }) => externalId === id), 'it is still listed');
  }),
  anyProvider('image-removed-twice', 'removing an image that is gone succeeds', async (trial) => {
    const { images, spec } = trial.images();
    const id = await trial.upload(spec);
    await trial.run(images.remove(id, never));
    await trial.run(images.remove(id, never));
  }),
  anyProvider('image-removed-unknown', 'removing an image that never was succeeds', async (trial) => {
    await trial.run(trial.images().images.remove('0123456789abcdef0123456789abcdef', never));
  }),
  anyProvider('image-same-name', 'two images may have one name; removing one leaves the other', async (trial) => {
    const { images, spec } = trial.images();
    // The very same upload once more may find the first one again, as after a lost answer; another one may not.
    const other = { ...spec, properties: { ...spec.properties, nodepool_upload_id: 'another' } };
    const [first, second] = [await trial.upload(spec), await trial.upload(other)];
    ensure(first !== second, 'each upload has an id of its own');
    await trial.run(images.remove(first, never));
    const ids = (await trial.listedImages()).map(({ externalId }) => externalId);
    ensure(ids.includes(second) && !ids.includes(first), 'the second one is left');
  }),
  launching('image-boots', 'an instance can be made from an uploaded image', async (trial) => {
    const id = await trial.upload(trial.images().spec);
    const image = { kind: 'diskimage', externalId: id, configDrive: null } as const;
    const instance = await trial.launch({ ...trial.spec(), image });
    ensure(Boolean(instance.interfaceIp), 'it has an address');
  }),
  anyProvider('image-cancelled', 'an upload with an aborted signal leaves nothing', async (trial) => {
    const { images, spec } = trial.images();
    const before = (await trial.listedImages()).length;
    const error = await trial.failure('the upload', images.upload(spec, AbortSignal.abort(stopped)));
    ensure(error === stopped, `it fails with the signal's reason, not with ${shown(error)}`);
    ensureSame((await trial.listedImages()).length, before, 'images');
  }),
  anyProvider('image-none', 'a provider without images does not pretend to have some', async (trial) => {
    if (trial.provider.images) throw new CheckSkipped('the provider keeps disk images');
    ensureSame(trial.provider.images, null, 'images');
  }),
];
