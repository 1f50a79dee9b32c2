import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../../src/ports/compute/errors.js';
import type { Instance, InstanceSpec } from '../../src/ports/compute/provider.js';
import type { ComputeBench } from './compute-bench.js';

const never = new AbortController().signal;

/** The driver contract: what every provider promises, whatever its cloud. */
export function describeComputeContract(name: string, makeBench: () => Promise<ComputeBench>): void {
  describe(`driver contract: ${name}`, () => {
    let bench: ComputeBench;
    beforeEach(async () => {
      bench = await makeBench();
      await bench.run(bench.provider.start(never));
    });
    afterEach(async () => {
      await bench.provider.stop();
      await bench.close();
    });

    const create = (spec: InstanceSpec, signal = never): Promise<string> =>
      bench.run(bench.provider.create(spec, signal));
    const launch = async (spec: InstanceSpec): Promise<Instance> =>
      bench.run(bench.provider.waitUntilRunning(await create(spec), spec, never));
    const listed = (): Promise<readonly { externalId: string; metadata: Readonly<Record<string, string>> }[]> =>
      bench.run(bench.provider.list(never));
    const failure = (promise: Promise<unknown>): Promise<unknown> =>
      bench.run(
        promise.then(
          () => undefined,
          (error: unknown) => error,
        ),
      );

    describe('an instance', () => {
      it('runs after it was created, and has an address to connect to', async () => {
        const instance = await launch(bench.spec('0000000001'));
        expect(instance.externalId).toMatch(/./);
        expect(instance.interfaceIp).toMatch(/./);
      });

      it('is listed with its metadata and with what it takes', async () => {
        const spec = bench.spec('0000000001');
        const { externalId } = await launch(spec);
        const [found] = (await bench.run(bench.provider.list(never))).filter((one) => one.externalId === externalId);
        expect(found?.metadata).toMatchObject(spec.metadata);
        expect(found?.resources).toMatchObject(bench.provider.resourcesOf(spec.pool, spec.label));
        expect(found?.resources['instances']).toBe(1);
      });

      it('is listed as soon as it was accepted, before it runs', async () => {
        const externalId = await create(bench.spec('0000000001'));
        expect((await listed()).map((one) => one.externalId)).toContain(externalId);
      });

      it('is not made twice for one node', async () => {
        const spec = bench.spec('0000000001');
        await launch(spec);
        await launch(spec);
        const own = (await listed()).filter((one) => one.metadata['nodepool_node_id'] === '0000000001');
        expect(own).toHaveLength(1);
      });

      it('has an id of its own for each node', async () => {
        const first = await create(bench.spec('0000000001'));
        expect(await create(bench.spec('0000000002'))).not.toBe(first);
      });

      it('is gone from the list once deleted', async () => {
        const { externalId } = await launch(bench.spec('0000000001'));
        await bench.run(bench.provider.delete(externalId, never));
        expect((await listed()).map((one) => one.externalId)).not.toContain(externalId);
      });

      it('can be deleted before it runs', async () => {
        const externalId = await create(bench.spec('0000000001'));
        await bench.run(bench.provider.delete(externalId, never));
        expect(await listed()).toEqual([]);
      });

      it('can be deleted twice, one after the other and at once', async () => {
        const { externalId } = await launch(bench.spec('0000000001'));
        const both = [bench.provider.delete(externalId, never), bench.provider.delete(externalId, never)];
        await bench.run(Promise.all(both));
        await bench.run(bench.provider.delete(externalId, never));
        expect(await listed()).toEqual([]);
      });

      it('that never was can be deleted', async () => {
        await expect(bench.run(bench.provider.delete('no-such-instance', never))).resolves.toBeUndefined();
      });

      it('that was deleted while somebody waited for it makes the waiting fail', async () => {
        const spec = bench.spec('0000000001');
        const externalId = await create(spec);
        const waiting = failure(bench.provider.waitUntilRunning(externalId, spec, never));
        await bench.run(bench.provider.delete(externalId, never));
        expect(await waiting).toBeInstanceOf(ProviderError);
      });

      it('that never was has no console text, or the call fails', async () => {
        const answer = await bench.run(
          bench.provider.consoleLog('no-such-instance', never).catch((error: unknown) => error),
        );
        if (answer !== null) expect(answer).toBeInstanceOf(ProviderError);
      });
    });

    describe('refuses', () => {
      it('an image that does not exist, at the latest while waiting, and leaves nothing that cannot be deleted', async () => {
        const spec = { ...bench.spec('0000000001'), image: bench.unknownImage };
        const error = await failure(
          bench.provider.create(spec, never).then((id) => bench.provider.waitUntilRunning(id, spec, never)),
        );
        expect(error).toBeInstanceOf(ProviderError);
        if (error instanceof ProviderError && error.details.externalId !== undefined) {
          await bench.run(bench.provider.delete(error.details.externalId, never));
        }
        expect(await listed()).toEqual([]);
      });

      it('what goes over the quota, and says so by the kind of error', async (context) => {
        if (!bench.exhaustQuota) return context.skip('the bench cannot fill the account');
        bench.exhaustQuota();
        const before = await listed();
        expect(await failure(bench.provider.create(bench.spec('0000000001'), never))).toMatchObject({ kind: 'quota' });
        expect(await listed()).toEqual(before);
      });

      it('to wait for an instance that broke, naming it', async (context) => {
        if (!bench.breakNextBoot) return context.skip('the bench cannot break an instance');
        bench.breakNextBoot();
        const spec = bench.spec('0000000001');
        const externalId = await create(spec);
        const error = await failure(bench.provider.waitUntilRunning(externalId, spec, never));
        expect(error).toBeInstanceOf(ProviderError);
        expect(error).toMatchObject({ details: { externalId } });
      });
    });

    describe('a signal', () => {
      const stopped = new Error('stopped by the test');

      it('that is aborted already keeps a call from having any effect', async () => {
        const aborted = AbortSignal.abort(stopped);
        expect(await failure(bench.provider.create(bench.spec('0000000001'), aborted))).toBe(stopped);
        expect(await listed()).toEqual([]);
        expect(await failure(bench.provider.list(aborted))).toBe(stopped);
        expect(await failure(bench.provider.limits(aborted))).toBe(stopped);
        expect(await failure(bench.provider.delete('any', aborted))).toBe(stopped);
      });

      it('ends a call that hangs', async (context) => {
        if (!bench.hangNextCreate) return context.skip('the bench cannot make a call hang');
        bench.hangNextCreate();
        const controller = new AbortController();
        const hanging = failure(bench.provider.create(bench.spec('0000000001'), controller.signal));
        controller.abort(stopped);
        expect(await hanging).toBe(stopped);
      });

      it('ends the waiting, and the instance can still be deleted', async () => {
        const spec = bench.spec('0000000001');
        const externalId = await create(spec);
        const controller = new AbortController();
        const waiting = failure(bench.provider.waitUntilRunning(externalId, spec, controller.signal));
        controller.abort(stopped);
        expect(await waiting).toBe(stopped);
        await bench.run(bench.provider.delete(externalId, never));
        expect(await listed()).toEqual([]);
      });
    });

    describe('the account', () => {
      it('has limits of at least nothing', async () => {
        const limits = await bench.run(bench.provider.limits(never));
        for (const amount of Object.values(limits)) expect(amount).toBeGreaterThanOrEqual(0);
      });

      it('has zones that have names', async () => {
        for (const zone of await bench.run(bench.provider.availabilityZones(never))) expect(zone).toMatch(/./);
      });

      it('tells at once whether a label can be served and what it takes', () => {
        const { pool, label } = bench.spec('0000000001');
        expect(bench.provider.labelReady(pool, label)).toMatchObject({ ready: true });
        expect(bench.provider.resourcesOf(pool, label)['instances']).toBe(1);
      });

      it('can be left twice', async () => {
        await bench.provider.stop();
        await expect(bench.provider.stop()).resolves.toBeUndefined();
      });
    });

    describe('an image', () => {
      it('is listed with its properties after the upload, until it is removed', async () => {
        const { images } = bench.provider;
        if (!images || !bench.upload) return expect(images).toBeNull();
        const externalId = await bench.run(images.upload(bench.upload, never));
        expect(await bench.run(images.list(never))).toContainEqual(
          expect.objectContaining({
            externalId,
            name: bench.upload.name,
            properties: expect.objectContaining(bench.upload.properties) as unknown,
          }),
        );
        await bench.run(images.remove(externalId, never));
        expect((await bench.run(images.list(never))).map((image) => image.externalId)).not.toContain(externalId);
      });

      it('can be removed twice, and one that never was too', async () => {
        const { images } = bench.provider;
        if (!images || !bench.upload) return expect(images).toBeNull();
        const externalId = await bench.run(images.upload(bench.upload, never));
        await bench.run(images.remove(externalId, never));
        await bench.run(images.remove(externalId, never));
        await bench.run(images.remove('0123456789abcdef0123456789abcdef', never));
      });

      it('can be booted from', async () => {
        const { images } = bench.provider;
        if (!images || !bench.upload) return expect(images).toBeNull();
        const externalId = await bench.run(images.upload(bench.upload, never));
        const instance = await launch({
          ...bench.spec('0000000001'),
          image: { kind: 'diskimage', externalId, configDrive: null },
        });
        expect(instance.interfaceIp).toMatch(/./);
      });

      it('whose upload was stopped is not there', async () => {
        const { images } = bench.provider;
        if (!images || !bench.upload) return expect(images).toBeNull();
        const stopped = new Error('stopped by the test');
        expect(await failure(images.upload(bench.upload, AbortSignal.abort(stopped)))).toBe(stopped);
        expect((await bench.run(images.list(never))).map(({ name }) => name)).not.toContain(bench.upload.name);
      });
    });
  });
}
