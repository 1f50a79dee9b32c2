import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../../src/ports/compute/errors.js';
import type { Instance, InstanceSpec } from '../../../src/ports/compute/provider.js';
import { anInstanceSpec, anOpenStackLabel, anOpenStackPool } from '../../support/openstack-bench.js';
import type { CloudBench } from './openstack-harness.js';
import { failure, never, onFakeOpenStack } from './openstack-harness.js';

const CREATE = /^POST \/compute\/v2.1\/servers$/;
const LIST = /^GET \/compute\/v2.1\/servers\/detail/;

async function launch({ provider }: CloudBench, spec: InstanceSpec): Promise<Instance> {
  const { signal } = new AbortController();
  return provider.waitUntilRunning(await provider.create(spec, signal), spec, signal);
}

describe('launching on OpenStack', () => {
  it('asks for one list for all servers that are waited for, and for none when nobody waits [BUILDER 173]', async () => {
    const bench = await onFakeOpenStack();
    const specs = Array.from({ length: 20 }, (_, index) => anInstanceSpec(String(index).padStart(10, '0')));
    await Promise.all(specs.map((spec) => launch(bench, spec)));
    const { cloud } = bench;
    expect(cloud.count(CREATE)).toBe(20);
    expect(cloud.count(LIST)).toBeLessThanOrEqual(8);
    expect(cloud.count(/^GET \/compute\/v2.1\/servers\/server-/)).toBe(0);
    const lists = cloud.count(LIST);
    await delay(200);
    expect(cloud.count(LIST)).toBe(lists);
  });

  it.each([
    ['No valid host was found. There are not enough hosts available.', 'capacity', 'error.capacity'],
    [
      'Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures',
      'capacity',
      'error.capacity',
    ],
    [
      'Build of instance x aborted: VolumeSizeExceedsAvailableQuota: Requested volume exceeds allowed gigabytes quota',
      'quota',
      'error.quota',
    ],
    ['Quota exceeded for resources: [port]', 'quota', 'error.quota'],
    ['Maximum number of ports exceeded', 'quota', 'error.quota'],
    ['No more IP addresses available on network 1234.', 'capacity', 'error.capacity'],
    ['Build of instance x aborted: no such disk', 'transient', 'error.status'],
    ['', 'transient', 'error.status'],
  ])('a server that breaks with "%s" is a matter of %s [BUILDER 173, 177]', async (fault, kind, metric) => {
    const bench = await onFakeOpenStack();
    bench.cloud.boots.push(fault);
    const spec = anInstanceSpec('0000000001');
    const externalId = await bench.provider.create(spec, never);
    const error = await failure(bench.provider.waitUntilRunning(externalId, spec, never));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind, details: { metric, externalId } });
    expect((error as Error).message).toContain(fault || 'gives no reason');
  });

  it('stops waiting when it is told to, which is how launch-timeout ends it [BUILDER 173]', async () => {
    const bench = await onFakeOpenStack();
    const spec = anInstanceSpec('0000000001');
    const externalId = await bench.provider.create(spec, never);
    bench.cloud.servers.get(externalId)!.looks = 1_000_000;
    const controller = new AbortController();
    const waiting = failure(bench.provider.waitUntilRunning(externalId, spec, controller.signal));
    await delay(100);
    const late = new Error('launching node 0000000001 took longer than 60 s');
    controller.abort(late);
    expect(await waiting).toBe(late);
  });

  it('does not believe a list that leaves a server out', async () => {
    const bench = await onFakeOpenStack();
    const spec = anInstanceSpec('0000000001');
    const externalId = await bench.provider.create(spec, never);
    const server = bench.cloud.servers.get(externalId)!;
    server.status = 'ACTIVE';
    bench.cloud.trouble({ call: LIST, times: 2, answer: { status: 200, body: '{"servers":[]}' } });
    expect(await bench.provider.waitUntilRunning(externalId, spec, never)).toMatchObject({ externalId });
  });

  it('goes on waiting while the list cannot be had', async () => {
    const bench = await onFakeOpenStack();
    const spec = anInstanceSpec('0000000001');
    const externalId = await bench.provider.create(spec, never);
    bench.cloud.trouble({ call: LIST, times: 12, answer: { status: 503, headers: { 'retry-after': '1' } } });
    expect(await bench.provider.waitUntilRunning(externalId, spec, never)).toMatchObject({ externalId });
    expect(bench.logger.lines.map(({ message }) => message).join('\n')).toMatch(/servers cannot be listed/);
  });

  it('does not take a server without an address', async () => {
    const bench = await onFakeOpenStack();
    bench.cloud.addresses = false;
    const error = await failure(launch(bench, anInstanceSpec('0000000001')));
    expect(error).toMatchObject({ kind: 'transient', details: { metric: 'error.network' } });
  });

  it('finds a network by name and refuses one that is not there, naming network and provider [BUILDER 170]', async () => {
    const bench = await onFakeOpenStack();
    await launch(bench, anInstanceSpec('0000000001'));
    expect([...bench.cloud.servers.values()][0]!.asked['networks']).toEqual([{ uuid: 'net-private' }]);
    const label = anOpenStackLabel({ networks: ['private', 'nowhere'] });
    const problem = 'Unable to find network nowhere in provider real-one';
    expect(bench.provider.labelReady(anOpenStackPool(), label)).toEqual({ ready: false, problem, broken: true });
    const error = await failure(bench.provider.create(anInstanceSpec('0000000002', { label }), never));
    expect(error).toMatchObject({ kind: 'configuration', message: problem });
  });

  it('has the error of a label without a flavor [BUILDER 166]', async () => {
    const { provider } = await onFakeOpenStack();
    const label = anOpenStackLabel({ minRam: 99_999, flavorName: null });
    const problem = 'Unable to find flavor with min ram: 99999';
    expect(provider.labelReady(anOpenStackPool(), label)).toEqual({ ready: false, problem, broken: true });
    const error = await failure(provider.create(anInstanceSpec('0000000001', { label }), never));
    expect(error).toMatchObject({ kind: 'configuration', message: problem });
  });

  it('sends the zone only when there is one, and tells which it became [BUILDER 171]', async () => {
    const bench = await onFakeOpenStack();
    expect(await bench.provider.availabilityZones(never)).toEqual(['nova']);
    expect(await launch(bench, anInstanceSpec('0000000001'))).toMatchObject({ az: 'nova' });
    expect(await launch(bench, anInstanceSpec('0000000002', { az: 'az2' }))).toMatchObject({ az: 'az2' });
    const asked = [...bench.cloud.servers.values()].map((server) => server.asked['availability_zone']);
    expect(asked).toEqual([undefined, 'az2']);
  });

  it('has no zones on a cloud that does not tell them [BUILDER 171]', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.trouble({ call: /os-availability-zone/, answer: { status: 404 } });
    expect(await provider.availabilityZones(never)).toEqual([]);
  });

  it('takes an image by id without looking, and one by name only while it is active [BUILDER 172]', async () => {
    const byId = { kind: 'cloud-image', idOrName: 'some-id', byId: true, configDrive: null } as const;
    const { provider, cloud } = await onFakeOpenStack({}, { cloudImages: new Map() });
    const pool = anOpenStackPool();
    expect(provider.labelReady(pool, anOpenStackLabel())).toEqual({ ready: true });
    const lists = cloud.count(/image\/v2\/images/);
    await provider.create(anInstanceSpec('0000000001', { image: byId }), never);
    expect(cloud.count(/image\/v2\/images/)).toBe(lists);
    expect([...cloud.servers.values()][0]!.asked['imageRef']).toBe('some-id');
    const other = anOpenStackLabel({}, { image: { kind: 'cloud-image', name: 'other' } });
    expect(provider.labelReady(pool, other)).toEqual({ ready: false, problem: 'Unable to find image other' });
  });

  it('drops what it knows of images, flavors, networks and zones after a 400 [BUILDER 178]', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    await provider.availabilityZones(never);
    const body = '{"badRequest": {"code": 400, "message": "Can not find requested image"}}';
    cloud.trouble({ call: CREATE, answer: { status: 400, body } });
    const error = await failure(provider.create(anInstanceSpec('0000000001'), never));
    expect(error).toMatchObject({ kind: 'not-found', details: { metric: 'error.nodepool' } });
    const caches = [/flavors\/detail/, /image\/v2\/images/, /v2.0\/networks/, /os-availability-zone/];
    const before = caches.map((call) => cloud.count(call));
    await provider.create(anInstanceSpec('0000000002'), never);
    await provider.availabilityZones(never);
    expect(caches.map((call) => cloud.count(call))).toEqual(before.map((count) => count + 1));
  });

  it.each([
    [
      403,
      '{"forbidden": {"code": 403, "message": "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances"}}',
      'quota',
    ],
    [403, '{"forbidden": {"code": 403, "message": "Maximum number of ports exceeded"}}', 'quota'],
    [403, '{"forbidden": {"code": 403, "message": "IP allocation over quota in pool X"}}', 'quota'],
    [403, '{"forbidden": {"code": 403, "message": "The quota of the project has been reached"}}', 'quota'],
    [403, '{"forbidden": {"code": 403, "message": "You are over-quota"}}', 'quota'],
    [403, '{"forbidden": {"code": 403, "message": "This account may not ask for its quota"}}', 'authentication'],
    [413, '{"overLimit": {"code": 413, "message": "This request was rate-limited."}}', 'rate'],
    [400, '{"badRequest": {"code": 400, "message": "Flavor nosuch could not be found."}}', 'transient'],
    [400, '{"badRequest": {"code": 400, "message": "Invalid input for field/attribute name."}}', 'configuration'],
    [409, '{"conflictingRequest": {"code": 409, "message": "Multiple possible networks found"}}', 'configuration'],
  ])(
    'a create that is answered with %s %s is a matter of %s [BUILDER 177] [B15] [CASE cloud answers 403, over quota]',
    async (status, body, kind) => {
      const { provider, cloud } = await onFakeOpenStack();
      cloud.trouble({ call: CREATE, times: 20, answer: { status, body } });
      const error = await failure(provider.create(anInstanceSpec('0000000001'), never));
      expect(error).toMatchObject({ name: 'ProviderError', kind });
      expect((error as Error).message).toContain(String(status));
    },
  );
});

describe('a create whose answer is lost', () => {
  it.each([
    ['a 500', { status: 500, body: '{"computeFault": {"message": "Unexpected API Error."}}' }],
    ['a 504 of a proxy', { status: 504, body: '<html>Gateway Time-out</html>' }],
    ['a cut connection', 'cut'],
  ] as const)('to %s finds the server that was made all the same', async (_what, answer) => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.trouble({ call: CREATE, carriedOut: true, answer });
    const externalId = await provider.create(anInstanceSpec('0000000001'), never);
    expect([...cloud.servers.keys()]).toEqual([externalId]);
    expect(cloud.count(CREATE)).toBe(1);
  });

  it('and that made nothing fails, and the next attempt makes one server', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.trouble({ call: CREATE, answer: 'cut' });
    const spec = anInstanceSpec('0000000001');
    expect(await failure(provider.create(spec, never))).toMatchObject({ kind: 'transient' });
    expect(cloud.servers.size).toBe(0);
    await provider.create(spec, never);
    expect(cloud.servers.size).toBe(1);
  });

  it('because the launch was called off is adopted by the next attempt', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.trouble({ call: CREATE, carriedOut: true, answer: 'hang' });
    const controller = new AbortController();
    const spec = anInstanceSpec('0000000001');
    const hanging = failure(provider.create(spec, controller.signal));
    while (cloud.servers.size === 0) await delay(10);
    controller.abort(new Error('enough'));
    expect(await hanging).toMatchObject({ message: 'enough' });
    expect(await provider.create(spec, never)).toBe([...cloud.servers.keys()][0]);
    expect(cloud.count(CREATE)).toBe(1);
  });

  it('is not confused with the server of another provider or a broken one', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const spec = anInstanceSpec('0000000001');
    cloud.server({ name: 'x', metadata: { ...spec.metadata, nodepool_provider_name: 'other' } });
    const broken = cloud.server({ name: 'y', metadata: spec.metadata }, 'ERROR');
    cloud.trouble({ call: CREATE, answer: 'cut' });
    const found = await provider.create(spec, never);
    expect(found).toBe(broken.id);
    const made = await provider.create(spec, never);
    expect(made).not.toBe(broken.id);
    expect(cloud.servers.has(broken.id)).toBe(false);
  });
});

describe('two installations with one account and one provider name on OpenStack [A9]', () => {
  const spec = anInstanceSpec('0000000000');
  const marked = (installation: string): InstanceSpec => ({
    ...spec,
    idempotencyKey: `${installation}/real-one/0000000000`,
    metadata: { ...spec.metadata, nodepool_installation_id: installation },
  });

  it('make a server each for the same node', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const ours = await provider.create(marked('ours'), never);
    const theirs = await provider.create(marked('theirs'), never);
    expect(theirs).not.toBe(ours);
    expect(cloud.servers.size).toBe(2);
    expect(await provider.create(marked('ours'), never)).toBe(ours);
  });

  it.each(['theirs', 'our-earlier-life'])('never take over a server of %s after a lost answer', async (other) => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.server({ name: 'used', metadata: marked(other).metadata });
    cloud.trouble({ call: CREATE, answer: 'cut' });
    expect(await failure(provider.create(marked('ours'), never))).toMatchObject({ kind: 'transient' });
    expect(cloud.servers.size).toBe(1);
  });

  it('without an id of its own nothing is taken over: an earlier life had none either', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const { nodepool_installation_id: _none, ...metadata } = spec.metadata;
    cloud.server({ name: 'used', metadata });
    cloud.trouble({ call: CREATE, answer: 'cut' });
    expect(await failure(provider.create({ ...spec, metadata }, never))).toMatchObject({ kind: 'transient' });
  });
});

describe('deleting on OpenStack', () => {
  it('ends when nova shows the server as deleted, or not at all [BUILDER 184]', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const gone = cloud.server({ name: 'gone', metadata: {} }, 'DELETED');
    cloud.trouble({ call: /^DELETE .*server-/, answer: { status: 204 } });
    await provider.delete(gone.id, never);
    expect(cloud.servers.has(gone.id)).toBe(true);
    expect(await provider.list(never)).toEqual([]);
    const other = cloud.server({ name: 'other', metadata: {} });
    await provider.delete(other.id, never);
    expect(cloud.servers.has(other.id)).toBe(false);
  });

  it('asks again when nova forgets', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const server = cloud.server({ name: 'x', metadata: {} });
    cloud.trouble({ call: /^DELETE .*server-/, answer: { status: 204 } });
    await provider.delete(server.id, never);
    expect(cloud.count(/^DELETE .*server-/)).toBe(2);
  });

  it('fails when nova refuses, and can be tried again', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const server = cloud.server({ name: 'x', metadata: {} });
    cloud.trouble({
      call: /^DELETE .*server-/,
      answer: { status: 409, body: '{"conflictingRequest": {"message": "locked"}}' },
    });
    expect(await failure(provider.delete(server.id, never))).toMatchObject({
      kind: 'transient',
      details: { metric: 'error.serverdelete', externalId: server.id },
    });
    await provider.delete(server.id, never);
    expect(cloud.servers.size).toBe(0);
  });
});

describe('the account on OpenStack', () => {
  it('has the limits of nova, and those of volumes where there are any; -1 is no limit [BUILDER 179]', async () => {
    const bench = await onFakeOpenStack();
    expect(await bench.provider.limits(never)).toEqual({ instances: 10, cores: 20, ram: 51_200 });
    bench.cloud.absolute = { maxTotalInstances: 3, maxTotalCores: -1, maxTotalRAMSize: -1 };
    expect(await bench.provider.limits(never)).toEqual({ instances: 3 });
    const volumes = await onFakeOpenStack({}, {}, (cloud) => {
      cloud.services = [...cloud.services, 'volume'];
    });
    expect(await volumes.provider.limits(never)).toMatchObject({ volumes: 7 });
    expect(await volumes.provider.limits(never)).not.toHaveProperty('volume-gb');
  });

  it('lists what others have in it, with what it takes, on new and old clouds [BUILDER 179]', async () => {
    const bench = await onFakeOpenStack();
    bench.cloud.server({ name: 'theirs', metadata: { owner: 'somebody' } });
    expect(await bench.provider.list(never)).toMatchObject([
      { metadata: { owner: 'somebody' }, resources: { instances: 1, cores: 1, ram: 64 } },
    ]);
  });

  it('shows the console, and none when there is none', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    const server = cloud.server({ name: 'x', metadata: {} });
    expect(await provider.consoleLog(server.id, never)).toBe('one\ntwo');
    cloud.trouble({ call: /action/, answer: { status: 400, body: '{"badRequest": {"message": "no console"}}' } });
    expect(await provider.consoleLog(server.id, never)).toBeNull();
    expect(await provider.consoleLog('no-such-server', never)).toBeNull();
  });
});
