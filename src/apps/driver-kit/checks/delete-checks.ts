import { ensure, ensureSame } from '../check-failure.js';
import type { DriverCheck } from '../driver-check.js';
import { launching } from '../driver-check.js';

/** Deleting instances. */
export const DELETE_CHECKS: readonly DriverCheck[] = [
  launching('delete-gone', 'an instance is gone from the list once its deletion is done', async (trial) => {
    const { externalId } = await trial.launch(trial.spec());
    await trial.delete(externalId);
    ensureSame(await trial.listedIds(), [], 'what is listed after the deletion');
  }),
  launching('delete-really', 'an instance is gone from the cloud once its deletion is done', async (trial) => {
    const { cloudInstances } = trial.bench;
    const { externalId } = await trial.launch(trial.spec());
    await trial.delete(externalId);
    await trial.turn(cloudInstances && (() => undefined), 'look into the cloud');
    ensure(!(await cloudInstances?.())?.includes(externalId), `${externalId} is still in the cloud`);
  }),
  launching('delete-early', 'an instance can be deleted before it runs', async (trial) => {
    await trial.delete(await trial.create(trial.spec()));
    ensureSame(await trial.listedIds(), [], 'what is left');
  }),
  launching('delete-twice', 'deleting what was deleted before succeeds', async (trial) => {
    const { externalId } = await trial.launch(trial.spec());
    await trial.delete(externalId);
    await trial.delete(externalId);
  }),
  launching('delete-together', 'an instance can be deleted by two at once', async (trial) => {
    const { externalId } = await trial.launch(trial.spec());
    await Promise.all([trial.delete(externalId), trial.delete(externalId)]);
    ensureSame(await trial.listedIds(), [], 'what is left');
  }),
  launching('delete-unknown', 'deleting what never was succeeds', async (trial) => {
    await trial.delete('0f0f0f0f-0000-4000-8000-000000000000');
  }),
  launching('delete-one', 'deleting one instance leaves the others alone', async (trial) => {
    const [first, second] = [await trial.launch(trial.spec(1)), await trial.launch(trial.spec(2))];
    await trial.delete(first.externalId);
    ensureSame(await trial.listedIds(), [second.externalId], 'what is left');
    await trial.wait(second.externalId, trial.spec(2));
  }),
  launching('delete-then-create', 'a node can be launched anew after its instance was deleted', async (trial) => {
    const spec = trial.spec();
    const first = await trial.launch(spec);
    await trial.delete(first.externalId);
    const second = await trial.launch(spec);
    ensureSame(await trial.listedIds(), [second.externalId], 'what is listed');
  }),
  launching('delete-removed', 'deleting what somebody else has deleted succeeds', async (trial) => {
    const { removeBehindBack } = trial.bench;
    const { externalId } = await trial.launch(trial.spec());
    await trial.turn(removeBehindBack && (() => removeBehindBack(externalId)), 'delete behind our back');
    await trial.delete(externalId);
  }),
];
