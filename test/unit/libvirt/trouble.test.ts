import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { machineNames } from '../../../src/adapters/libvirt/names.js';
import { never } from '../../support/libvirt-bench.js';
import type { VirshAnswer } from '../../support/stub-virsh.js';
import { aHost } from '../../support/stub-virsh.js';
import { failure, onAStub } from './on-a-stub.js';

const image = (): string =>
  '<volume><name>base.qcow2</name><capacity>1073741824</capacity><target><path>/pool/base.qcow2</path><format type="qcow2"/></target></volume>';
const away = (): VirshAnswer => ({
  error: 'Failed to connect socket to /run/libvirt/libvirt-sock: Connection refused',
});

describe('[V8] [V9] libvirtd that ends in the middle of a launch', () => {
  it.each(['define', 'vol-create-as', 'start'])(
    'at %s leaves it unanswered, and nothing is taken back that nobody knows of',
    async (step) => {
      const host = aHost({ 'vol-dumpxml': image, [step]: away });
      const { provider, spec } = await onAStub(host);
      expect(await failure(provider.create(spec(), never))).toMatchObject({
        kind: 'transient',
        details: { unanswered: true, externalId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown },
      });
      expect([...host.asked('undefine'), ...host.asked('destroy')]).toEqual([]);
    },
  );

  it.each([
    ['running', 0],
    ['idle', 0],
    ['shut off (crashed)', 1],
    ['paused (I/O error)', 1],
  ])('and has left a machine that is %s: the next launch takes it as it is, or replaces it', async (state, starts) => {
    const host = aHost({ 'vol-dumpxml': image, domstate: () => state });
    const { provider, spec } = await onAStub(host);
    const wanted = spec();
    const { uuid } = machineNames(wanted.idempotencyKey, 'rack-one', wanted.nodeId);
    expect(await provider.create(wanted, never)).toBe(uuid);
    expect([host.asked('start').length, host.asked('undefine').length]).toEqual([starts, starts]);
  });
});

describe('[V8] a launch that fails for another reason', () => {
  it.each([
    ['vol-create-as', 'cannot allocate 10 bytes in file: No space left on device', 'capacity'],
    ['start', 'internal error: process exited while connecting to monitor: out of memory', 'transient'],
    ['start', 'internal error: cannot set up guest memory: Cannot allocate memory', 'capacity'],
  ])('at %s (%s) takes back what was made of it', async (step, error, kind) => {
    const host = aHost({ 'vol-dumpxml': image, [step]: () => ({ error }) });
    const { provider, spec } = await onAStub(host);
    expect(await failure(provider.create(spec(), never))).toMatchObject({ kind });
    expect([host.asked('destroy').length, host.asked('undefine').length]).toEqual([1, 1]);
  });
});

describe('[V9] a machine that dies while its launch waits for it', () => {
  it.each([
    ['shut off (crashed)', /does not run: shut off \(crashed\)$/],
    ['paused (I/O error)', /paused \(I\/O error\); the storage pool may be full$/],
  ])('is told: %s', async (state, words) => {
    const host = aHost({ domstate: () => state });
    const { provider, spec } = await onAStub(host);
    const { uuid } = machineNames('x', 'rack-one', '1');
    expect(await failure(provider.waitUntilRunning(uuid, spec(), never))).toMatchObject({
      kind: 'transient',
      message: expect.stringMatching(words) as unknown,
      details: { externalId: uuid },
    });
  });
});

describe('a host that cannot be used', () => {
  it.each([
    ['its URI is none', 'hostname', 'internal error: Unable to parse URI ::bad::', 'configuration'],
    ['nobody listens', 'hostname', 'failed to connect to the hypervisor: Connection refused', 'transient'],
    ['it lets us not in', 'hostname', 'authentication unavailable: no polkit agent available', 'authentication'],
    ['its pool is not there', 'pool-dumpxml', "failed to get pool 'nodepool'", 'configuration'],
  ])('says so at the start when %s', async (_why, command, error, kind) => {
    const host = aHost({ [command]: () => ({ error }) });
    expect(await failure(onAStub(host))).toMatchObject({ name: 'ProviderError', kind });
  });

  it('says which package it wants when it has no QEMU', async () => {
    const error = 'failed to get emulator capabilities: unable to find any emulator';
    expect(await failure(onAStub(aHost({ domcapabilities: () => ({ error }) })))).toMatchObject({
      kind: 'configuration',
      message: 'qemu:///system has no QEMU (Debian: qemu-system-x86)',
    });
  });

  it('is one whose pool is no folder', async () => {
    const host = aHost({ 'pool-dumpxml': () => '<pool type="logical"><name>nodepool</name></pool>' });
    expect(await failure(onAStub(host))).toMatchObject({
      kind: 'configuration',
      message: 'storage pool nodepool is of type logical; a directory pool is needed',
    });
  });
});

describe('[V3] hostile words', () => {
  it.each([
    ['that XML can write', `</nodepool:property><x y='"'/>&lt;]]>\n\tü💥'; $(reboot)`],
    ['that XML cannot write', `<\u0007\u0000'; $(reboot)`],
  ])('%s, in names and metadata, come back as they were, and mean nothing on the way', async (_what, evil) => {
    let xml = '';
    const host = aHost({
      'vol-dumpxml': image,
      define: (words) => void (xml = readFileSync(words[2] ?? '', 'utf8')),
      list: (words) => (words.includes('--inactive') ? '' : uuidOf(xml)),
      dumpxml: () => xml,
    });
    const { provider, spec } = await onAStub(host);
    const metadata = { ...spec().metadata, nodepool_node_label: evil, [evil]: evil };
    await provider.create({ ...spec(), nodeId: evil, hostname: evil, metadata }, never);
    expect(await provider.list(never)).toMatchObject([{ metadata, resources: { instances: 1, cores: 1, ram: 64 } }]);
    expect(host.commands.flat().filter((word) => /[^\x20-\x7e]|[<>&;$()]/.test(word))).toEqual([]);
  });

  const uuidOf = (xml: string): string => /<uuid>([^<]+)</.exec(xml)?.[1] ?? '';
});
