import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreFailureError } from '../../../src/ports/coordination/errors.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let world: LauncherWorld;

beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

/** A request as some client writes it, in its own words. */
function requestText(more: string): Uint8Array {
  return bytes(
    `{"state": "requested", "state_time": ${world.clock.now()}, "node_types": ["small"], "nodes": [], "declined_by": [],` +
      `"reuse": true, "requestor": "zuul", "event_id": "e", "provider": null, "relative_priority": 0, ${more}}`,
  );
}

describe('records that ask too much', () => {
  it('[B11] [CASE 500,000 × é] a request that is too large is set aside with a reason and costs nobody else anything', async () => {
    await world.seedImage();
    const { store } = await world.start(simpleConfig({}));
    const generation = store.session.generation;
    const path = await world.clientStore.create(
      '/nodepool/requests/100-',
      requestText(`"requestor_data": "${'é'.repeat(500_000)}"`),
      { ephemeral: true, sequential: true, makeParents: true },
    );
    const states: string[] = [];
    store.session.onChange(({ state }) => states.push(state));
    const before = world.clock.monotonic();
    const other = await world.submit();
    await world.fulfilled(other);
    expect(world.clock.monotonic() - before).toBeLessThan(1);
    await world.clock.advance(60);
    expect({ states, generation: store.session.generation }).toEqual({ states: [], generation });
    const reasons = world.logger.lines.filter(({ fields }) => fields['path'] === path);
    expect(reasons.map(({ fields }) => fields['problem'])).toContain('too-large');
    // Each process says so once.
    expect(reasons.length).toBeLessThanOrEqual(2);
    expect(world.client.requests.view.damaged()).toEqual([
      expect.objectContaining({ path, problem: 'too-large', detail: expect.stringContaining('bytes') as string }),
    ]);
  });

  it('[B11] [CASE 8,000 levels] a used node with deeply nested user data is cleaned up', async () => {
    await world.seedImage();
    await world.start(simpleConfig({}));
    const [lease] = await world.accept(await world.submit());
    const path = `/nodepool/nodes/${lease!.id}`;
    await lease!.release();
    const record = new TextDecoder().decode(world.tree.read(path)!.data);
    const deep = `${'{"a":['.repeat(4000)}1${']}'.repeat(4000)}`;
    const used = record
      .replace('"state": "in-use"', '"state": "used"')
      .replace('"user_data": null', `"user_data": ${deep}`);
    expect(used.length).toBeGreaterThan(30_000);
    world.tree.write(path, bytes(used));
    await world.eventually('the node is gone', () => world.tree.read(path) === undefined);
    expect(world.logger.messages('error')).toEqual([]);
    expect(world.cloud.servers).toHaveLength(0);
  });

  it('[B11] the instance of a node whose record cannot be understood is nobody’s leak', async () => {
    await world.seedImage();
    await world.start(simpleConfig({}));
    const [lease] = await world.accept(await world.submit());
    const path = `/nodepool/nodes/${lease!.id}`;
    world.meddle(path, { user_data: 'x'.repeat(950_000) });
    await world.clock.advance(400);
    const problems = world.logger.lines.filter(({ fields }) => fields['path'] === path);
    expect(problems.map(({ fields }) => fields['problem'])).toEqual(['too-large']);
    expect(world.cloud.servers).toHaveLength(1);
    await lease!.release();
  });

  it('[B11] a request that fails unexpectedly is tried again with growing pauses', async () => {
    await world.seedImage();
    const { store } = await world.start(simpleConfig({}));
    const id = await world.submit();
    // Whatever may be wrong with its lock: nobody expected that.
    const times: number[] = [];
    const refusing = <T>(path: string, otherwise: () => Promise<T>): Promise<T> => {
      if (!path.startsWith(`/nodepool/requests-lock/${id}`)) return otherwise();
      if (times.at(-1) !== world.clock.monotonic()) times.push(world.clock.monotonic());
      return Promise.reject(new StoreFailureError('ZooKeeper answered with error -102', path));
    };
    const [create, transaction] = [store.create.bind(store), store.transaction.bind(store)];
    store.create = (path, data, options) => refusing(path, () => create(path, data, options));
    store.transaction = (operations) => refusing(operations[0]?.path ?? '/', () => transaction(operations));
    const other = await world.submit();
    await world.fulfilled(other);
    await world.clock.advance(120);
    const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(pauses.length).toBeGreaterThanOrEqual(5);
    expect(pauses.length).toBeLessThanOrEqual(9);
    for (const [at, pause] of pauses.slice(1).entries()) expect(pause).toBeGreaterThan(1.9 * (pauses[at] ?? 0));
    // It is served as soon as the trouble is over.
    Object.assign(store, { create, transaction });
    await world.clock.advance(130);
    await world.fulfilled(id);
  });

  it('[B11] a record that cannot be read at all holds up nobody, and is looked at again with growing pauses', async () => {
    await world.seedImage();
    const store = world.open();
    const forbidden = '/nodepool/nodes/0000009999';
    await world.clientStore.create(forbidden, bytes('{}'), { makeParents: true });
    const times: number[] = [];
    const read = store.read.bind(store);
    store.read = (path, onChange) => {
      if (path !== forbidden) return read(path, onChange);
      times.push(world.clock.monotonic());
      return Promise.reject(new StoreFailureError('ZooKeeper answered with error -102', path));
    };
    const records = world.records(store);
    const opening = records.open(['nodes']);
    await world.clock.advance(60);
    await opening;
    expect(records.nodes.view.complete).toBe(true);
    expect(times.length).toBeGreaterThan(4);
    expect(times.length).toBeLessThan(12);
    await records.close();
  });
});
