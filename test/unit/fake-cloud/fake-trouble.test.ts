import { describe, expect, it } from 'vitest';
import { FakeCloudBench, never } from './fake-cloud-bench.js';

describe('a fault', () => {
  it('hits the next calls of its kind, as often as told', async () => {
    const bench = new FakeCloudBench();
    bench.cloud.failNext('create', 2, { kind: 'rate', message: 'slow down' });
    await expect(bench.create('1')).rejects.toMatchObject({ kind: 'rate', message: 'slow down' });
    await expect(bench.create('1')).rejects.toThrow('slow down');
    await expect(bench.create('1')).resolves.toMatch(/./);
    expect(bench.cloud.count('create')).toEqual({ started: 3, ok: 1, failed: 2, aborted: 0 });
  });

  it('hits only the calls it was meant for, until taken back', async () => {
    const bench = new FakeCloudBench();
    const takeBack = bench.cloud.addFault({ target: 'create', when: (args) => args['node'] === '2' });
    await bench.create('1');
    await expect(bench.create('2')).rejects.toThrow();
    takeBack();
    await bench.create('2');
  });

  it('by chance hits about as often as told', async () => {
    const bench = new FakeCloudBench();
    bench.cloud.addFault({ target: 'list', probability: 0.3 });
    for (let call = 0; call < 1000; call++) await bench.provider.list(never).catch(() => undefined);
    const { failed } = bench.cloud.count('list');
    expect(failed).toBeGreaterThan(230);
    expect(failed).toBeLessThan(370);
  });

  it('may lose the reply: the server is there, and asking again finds it', async () => {
    const bench = new FakeCloudBench();
    bench.cloud.addFault({ target: 'create', effect: 'lose-reply', times: 1 });
    await expect(bench.create('1')).rejects.toThrow();
    expect(bench.cloud.servers).toHaveLength(1);
    expect(await bench.create('1')).toBe(bench.cloud.servers[0]?.id);
    expect(bench.cloud.servers).toHaveLength(1);
  });

  it('may make a call hang, before or after it took effect, until it is aborted', async () => {
    for (const [effect, servers] of [
      ['hang', 0],
      ['hang-after', 1],
    ] as const) {
      const bench = new FakeCloudBench();
      bench.cloud.addFault({ target: 'create', effect, times: 1 });
      const controller = new AbortController();
      const call = bench.provider.create(bench.spec('1'), controller.signal);
      const settled = expect(call).rejects.toThrow('enough');
      await bench.clock.advance(1_000_000);
      expect(bench.cloud.calls.at(-1)?.outcome).toBe('running');
      controller.abort(new Error('enough'));
      await settled;
      expect(bench.cloud.servers).toHaveLength(servers);
      expect(bench.cloud.calls.at(-1)?.outcome).toBe('aborted');
    }
  });

  it('may break a boot or keep it from ever ending', async () => {
    const bench = new FakeCloudBench();
    bench.cloud.failNext('boot', 1, { message: 'the disk is full' });
    const error: unknown = await bench.launch('1').catch((problem: unknown) => problem);
    const [broken] = bench.cloud.servers;
    expect(error).toMatchObject({
      message: 'the disk is full',
      details: { metric: 'error.status', externalId: broken?.id },
    });
    bench.cloud.hangNext('boot');
    await expect(bench.launch('2')).rejects.toThrow('not settled');
  });

  it('replaces a broken server when the node is launched again', async () => {
    const bench = new FakeCloudBench();
    bench.cloud.failNext('boot');
    await expect(bench.launch('1')).rejects.toThrow();
    await bench.launch('1');
    expect(bench.cloud.servers).toHaveLength(1);
  });
});

describe('time', () => {
  it('is what the knobs say', async () => {
    const bench = new FakeCloudBench({ apiLatency: 2, bootTime: 30, deleteTime: 10, uploadTime: 100 });
    const took = async (step: () => Promise<unknown>): Promise<number> => {
      const before = bench.clock.monotonic();
      await step();
      return bench.clock.monotonic() - before;
    };
    expect(await took(() => bench.create('1'))).toBeCloseTo(2);
    const id = bench.cloud.servers[0]!.id;
    // Half of the create's latency had passed when the boot began.
    expect(await took(() => bench.run(bench.provider.waitUntilRunning(id, bench.spec('1'), never)))).toBeCloseTo(30);
    expect(await took(() => bench.run(bench.provider.delete(id, never)))).toBeCloseTo(12);
    const upload = { name: 'x', file: '/x', format: 'raw', md5: null, sha256: null, properties: {} };
    expect(await took(() => bench.run(bench.provider.images!.upload(upload, never)))).toBeCloseTo(102);
  });

  it('is drawn between two bounds', async () => {
    const bench = new FakeCloudBench({ bootTime: { min: 10, max: 20 } });
    const before = bench.clock.monotonic();
    await bench.launch('1');
    expect(bench.clock.monotonic() - before).toBeGreaterThanOrEqual(10);
    expect(bench.clock.monotonic() - before).toBeLessThanOrEqual(20);
  });

  it('leaves no timer behind after a reset', async () => {
    const bench = new FakeCloudBench({ bootTime: 60, deleteTime: 60 });
    const id = await bench.create('1');
    const deleting = bench.provider.delete(id, never);
    await bench.create('2');
    bench.cloud.reset();
    await deleting;
    expect(bench.clock.pending).toBe(0);
    expect(bench.cloud.calls).toEqual([]);
    expect(bench.cloud.count('delete')).toEqual({ started: 0, ok: 0, failed: 0, aborted: 0 });
    expect(bench.cloud.servers).toEqual([]);
  });
});

describe('a cloud that lies', () => {
  it('says a server is deleted that stays', async () => {
    const bench = new FakeCloudBench();
    const { externalId } = await bench.launch('1');
    bench.cloud.leakNext(1);
    await bench.run(bench.provider.delete(externalId, never));
    expect(await bench.listedIds()).toEqual([externalId]);
    await bench.run(bench.provider.delete(externalId, never));
    expect(await bench.listedIds()).toEqual([]);
  });

  it('does not show new servers yet, and shows deleted ones still', async () => {
    const bench = new FakeCloudBench({ listLag: 10, listAfterglow: 20 });
    const id = await bench.create('1');
    expect(await bench.listedIds()).toEqual([]);
    await bench.clock.advance(10);
    expect(await bench.listedIds()).toEqual([id]);
    await bench.run(bench.provider.delete(id, never));
    expect(await bench.listedIds()).toEqual([id]);
    await bench.clock.advance(20);
    expect(await bench.listedIds()).toEqual([]);
  });

  it('leaves servers out of lists', async () => {
    const bench = new FakeCloudBench();
    const hidden = await bench.create('1');
    const shown = await bench.create('2');
    bench.cloud.hideFromLists((server) => server.id === hidden);
    expect(await bench.listedIds()).toEqual([shown]);
    bench.cloud.set({ listOmission: 1 });
    expect(await bench.listedIds()).toEqual([]);
  });
});

describe('somebody else', () => {
  it('deletes or breaks a server that we wait for', async () => {
    const bench = new FakeCloudBench({ bootTime: 60 });
    for (const harm of [
      (id: string) => bench.cloud.removeServer(id),
      (id: string) => bench.cloud.breakServer(id, 'x'),
    ]) {
      const id = await bench.create('1');
      const failed = expect(bench.provider.waitUntilRunning(id, bench.spec('1'), never)).rejects.toThrow();
      harm(id);
      await failed;
    }
  });

  it('uses up the quota', async () => {
    const bench = new FakeCloudBench({ quota: { instances: 2 } });
    const foreign = bench.cloud.addForeignServer({ instances: 2, cores: 8 }, { owner: 'them' });
    await expect(bench.create('1')).rejects.toMatchObject({ kind: 'quota' });
    expect(await bench.run(bench.provider.list(never))).toEqual([
      { externalId: foreign, metadata: { owner: 'them' }, resources: { instances: 2, cores: 8 } },
    ]);
    bench.cloud.removeServer(foreign);
    await bench.create('1');
  });

  it('changes the quota', async () => {
    const bench = new FakeCloudBench();
    expect(await bench.run(bench.provider.limits(never))).toEqual({ instances: 20, cores: 100, ram: 1_000_000 });
    bench.cloud.set({ quota: { instances: 5 } });
    expect(await bench.run(bench.provider.limits(never))).toEqual({ instances: 5 });
  });
});

describe('the record of calls', () => {
  it('has what was asked, when, and how it ended', async () => {
    const bench = new FakeCloudBench({ apiLatency: 1 });
    const start = bench.clock.now();
    await bench.create('7', { az: 'az2' });
    expect(bench.cloud.calls).toEqual([
      {
        number: 1,
        kind: 'create',
        args: { provider: 'fake-one', node: '7', zone: 'az2', name: 'np7' },
        startedAt: start,
        endedAt: start + 1,
        outcome: 'ok',
        problem: null,
      },
    ]);
    bench.cloud.clearCalls();
    expect(bench.cloud.calls).toEqual([]);
  });

  it('stays bounded', async () => {
    const bench = new FakeCloudBench();
    for (let call = 0; call < 5000; call++) await bench.provider.limits(never);
    expect(bench.cloud.calls.length).toBeGreaterThanOrEqual(1000);
    expect(bench.cloud.calls.length).toBeLessThanOrEqual(2000);
    expect(bench.cloud.calls.at(-1)?.number).toBe(5000);
    expect(bench.cloud.count('limits').ok).toBe(5000);
  });
});
