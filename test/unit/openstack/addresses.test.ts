import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Network } from '../../../src/adapters/openstack/networks.js';
import type { AddressRules } from '../../../src/adapters/openstack/server-addresses.js';
import { addressesOf } from '../../../src/adapters/openstack/server-addresses.js';
import { readServer } from '../../../src/adapters/openstack/server.js';
import type { Instance } from '../../../src/ports/compute/provider.js';
import { anInstanceSpec, anOpenStackLabel, anOpenStackPool } from '../../support/openstack-bench.js';
import type { CloudBench } from './openstack-harness.js';
import { failure, never, onFakeOpenStack } from './openstack-harness.js';

function network(name: string, change: Partial<Network> = {}): Network {
  return {
    id: `net-${name}`,
    name,
    externalIpv4: false,
    externalIpv6: false,
    natSource: false,
    natDestination: false,
    defaultInterface: false,
    ...change,
  };
}

const INSIDE = network('inside');
const OUTSIDE = network('outside', { externalIpv4: true, externalIpv6: true });

/** @param found `network address`, with `!` behind a floating one */
function addresses(found: readonly string[], rules: Partial<AddressRules> = {}, more: object = {}): object {
  const byNetwork: Record<string, object[]> = {};
  for (const text of found) {
    const [name = '', address = ''] = text.split(' ');
    const addr = address.replace('!', '');
    const type = address.endsWith('!') ? 'floating' : 'fixed';
    (byNetwork[name] ??= []).push({ addr, version: addr.includes(':') ? 6 : 4, 'OS-EXT-IPS:type': type });
  }
  const server = readServer({ id: '1', status: 'ACTIVE', addresses: byNetwork, ...more });
  const all = { networks: [INSIDE, OUTSIDE], private: false, forceIpv4: false, localIpv6: false, ...rules };
  return addressesOf(server, all);
}

describe('the addresses of a server', () => {
  it('private only: there is nothing to connect to, unless the cloud is private [BUILDER 174]', () => {
    expect(addresses(['inside 10.0.0.5'])).toEqual({
      interfaceIp: null,
      publicIpv4: null,
      privateIpv4: '10.0.0.5',
      publicIpv6: null,
    });
    expect(addresses(['inside 10.0.0.5'], { private: true })).toMatchObject({ interfaceIp: '10.0.0.5' });
  });

  it('public only: the private one falls back to it [BUILDER 175]', () => {
    expect(addresses(['outside 198.51.100.7'])).toEqual({
      interfaceIp: '198.51.100.7',
      publicIpv4: '198.51.100.7',
      privateIpv4: '198.51.100.7',
      publicIpv6: null,
    });
  });

  it('floating', () => {
    const expected = { interfaceIp: '203.0.113.9', publicIpv4: '203.0.113.9', privateIpv4: '10.0.0.5' };
    expect(addresses(['inside 10.0.0.5', 'inside 203.0.113.9!'])).toMatchObject(expected);
  });

  it('IPv6 is preferred where this machine has it and nobody forces IPv4', () => {
    const both = ['outside 198.51.100.7', 'outside 2001:db8::7'];
    expect(addresses(both)).toMatchObject({ interfaceIp: '198.51.100.7', publicIpv6: '2001:db8::7' });
    expect(addresses(both, { localIpv6: true })).toMatchObject({ interfaceIp: '2001:db8::7' });
    expect(addresses(both, { localIpv6: true, forceIpv4: true })).toMatchObject({ interfaceIp: '198.51.100.7' });
  });

  it('those on the default interface go before all others', () => {
    const chosen = network('chosen', { defaultInterface: true });
    const rules = { networks: [INSIDE, OUTSIDE, chosen] };
    expect(addresses(['outside 198.51.100.7', 'chosen 172.16.0.9'], rules)).toMatchObject({
      interfaceIp: '172.16.0.9',
    });
  });

  it('those that nova was told win, and without neutron the network names and ranges tell', () => {
    expect(addresses(['inside 10.0.0.5'], {}, { accessIPv4: '8.8.4.4' })).toMatchObject({ publicIpv4: '8.8.4.4' });
    const blind = { networks: [] };
    expect(addresses(['private 10.0.0.5', 'public 198.51.100.7'], blind)).toMatchObject({
      publicIpv4: '198.51.100.7',
      privateIpv4: '10.0.0.5',
    });
    expect(addresses(['a 10.0.0.5', 'b 8.8.8.8'], blind)).toMatchObject({ publicIpv4: '8.8.8.8' });
    expect(addresses(['a 10.0.0.5', 'b 100.64.0.1'], blind)).toMatchObject({ publicIpv4: null });
  });
});

describe('a floating address', () => {
  const label = anOpenStackLabel({ autoFloatingIp: true });
  const pools = new Map([['main', anOpenStackPool({ labels: new Map([['small', label]]) })]]);
  const spec = anInstanceSpec('0000000001', { label });
  const launch = async ({ provider }: CloudBench, change = {}): Promise<Instance> => {
    const wanted = { ...spec, ...change };
    return provider.waitUntilRunning(await provider.create(wanted, never), wanted, never);
  };

  it('is made for a private server and taken away with it [BUILDER 174]', async () => {
    const bench = await onFakeOpenStack({ private: false }, { pools });
    const instance = await launch(bench);
    const [made] = [...bench.cloud.floatingIps.values()];
    expect(instance).toMatchObject({ interfaceIp: made!.floating_ip_address, publicIpv4: made!.floating_ip_address });
    expect(instance.privateIpv4).toMatch(/^10\.20\./);
    await bench.provider.delete(instance.externalId, never);
    expect(bench.cloud.floatingIps.size).toBe(0);
    const deletes = bench.cloud.calls.filter((call) => call.startsWith('DELETE'));
    expect(deletes.map((call) => call.replace(/[\w-]+$/, ''))).toEqual([
      'DELETE /network/v2.0/floatingips/',
      'DELETE /compute/v2.1/servers/',
    ]);
  });

  it.each([
    ['the cloud is private', { private: true }, {}],
    ['the cloud has none', { private: false, floatingIpSource: null }, {}],
    ['auto-floating-ip is false', { private: false }, { label: anOpenStackLabel({ autoFloatingIp: false }) }],
    [
      'the network is public already',
      {
        private: false,
        networks: [
          {
            name: 'private',
            routesIpv4Externally: true,
            routesIpv6Externally: false,
            natSource: false,
            natDestination: false,
            defaultInterface: false,
          },
        ],
      },
      {},
    ],
  ])('is not made when %s [BUILDER 174]', async (_why, access, change) => {
    const bench = await onFakeOpenStack(access, { pools });
    await launch(bench, change);
    expect(bench.cloud.count(/^POST .*floatingips/)).toBe(0);
  });

  it.each([
    ['No more IP addresses available on network net-public.', 'capacity'],
    ["Quota exceeded for resources: ['floatingip'].", 'quota'],
    ['External network net-public is not reachable from subnet sub-private.', 'transient'],
  ])('that is refused with "%s" is a matter of %s [BUILDER 174]', async (message, kind) => {
    const bench = await onFakeOpenStack({ private: false }, { pools });
    const body = JSON.stringify({ NeutronError: { type: 'X', message, detail: '' } });
    bench.cloud.trouble({ call: /^POST .*floatingips/, answer: { status: 409, body } });
    const error = await failure(launch(bench));
    expect(error).toMatchObject({
      kind,
      details: { metric: 'error.ipadd', externalId: [...bench.cloud.servers.keys()][0] },
    });
    expect(bench.cloud.floatingIps.size).toBe(0);
  });

  it('whose creation got no answer is found at its port and deleted [BUILDER 174]', async () => {
    const bench = await onFakeOpenStack({ private: false }, { pools });
    bench.cloud.trouble({ call: /^POST .*floatingips/, carriedOut: true, answer: 'cut' });
    expect(await failure(launch(bench))).toMatchObject({ kind: 'transient', details: { metric: 'error.ipadd' } });
    expect(bench.cloud.floatingIps.size).toBe(0);
  });

  it('that nova never shows is deleted again [BUILDER 174]', async () => {
    const bench = await onFakeOpenStack({ private: false }, { pools });
    const launching = failure(launch(bench));
    while (bench.cloud.floatingIps.size === 0) await delay(5);
    const [made] = [...bench.cloud.floatingIps.values()];
    bench.cloud.floatingIps.set(made!.id, { ...made!, port_id: null });
    expect(await launching).toMatchObject({ kind: 'transient', details: { metric: 'error.ipadd' } });
    expect(bench.cloud.floatingIps.size).toBe(0);
  });

  it('is deleted when the launch is called off meanwhile [BUILDER 174]', async () => {
    const bench = await onFakeOpenStack({ private: false }, { pools });
    const externalId = await bench.provider.create(spec, never);
    const controller = new AbortController();
    const waiting = failure(bench.provider.waitUntilRunning(externalId, spec, controller.signal));
    while (bench.cloud.floatingIps.size === 0) await delay(5);
    controller.abort(new Error('enough'));
    expect(await waiting).toMatchObject({ message: 'enough' });
    expect(bench.cloud.floatingIps.size).toBe(0);
  });
});
