import { describe, expect, it } from 'vitest';
import { machineNames } from '../../../src/adapters/libvirt/names.js';
import { never } from '../../support/libvirt-bench.js';
import { aHost } from '../../support/stub-virsh.js';
import { failure, onAStub } from './on-a-stub.js';

const OURS = machineNames('x/rack-one/1', 'rack-one', '0000000001');
const THEIRS = machineNames('y/rack-two/1', 'rack-two', '0000000001');
const UUIDS = [OURS.uuid, THEIRS.uuid];
const domain = (uuid: string, rest: string): string => `<domain><name>x</name><uuid>${uuid}</uuid>${rest}</domain>`;

/** The image that machines are made from: a disk of 1 GiB. */
const image = (): string =>
  '<volume><name>base.qcow2</name><capacity>1073741824</capacity><target><path>/pool/base.qcow2</path><format type="qcow2"/></target></volume>';

describe('[V6] what a host has for machines', () => {
  it('is its cores times cores-ratio, its memory, and what its pool has free', async () => {
    const { provider } = await onAStub(aHost(), { coresRatio: 2.5 });
    expect(await provider.limits(never)).toEqual({ cores: 10, ram: 8192, disk: 50 });
  });

  it('is each less what is left to it, the cores before they are shared', async () => {
    const reserve = { cores: 1, ram: 2048, disk: 20 };
    const { provider } = await onAStub(aHost(), { coresRatio: 2.5, reserve });
    expect(await provider.limits(never)).toEqual({ cores: 7, ram: 6144, disk: 30 });
  });

  it('is nothing, never less, where more is to be left than there is', async () => {
    const { provider } = await onAStub(aHost(), { reserve: { cores: 9, ram: 99_999, disk: 999 } });
    expect(await provider.limits(never)).toEqual({ cores: 0, ram: 0, disk: 0 });
  });

  it('holds what machines have taken of the pool already, whoever made them, and neither images nor disks of others', async () => {
    const rows = [
      ` ${OURS.disk}    /pool/${OURS.disk}    file   20.00 GiB   3.00 GiB`,
      ` ${THEIRS.disk}  /pool/${THEIRS.disk}  file   20.00 GiB   4.00 GiB`,
      ' base.qcow2      /pool/base.qcow2      file   20.00 GiB   8.00 GiB',
      ' mail.qcow2      /pool/mail.qcow2      file   20.00 GiB   16.00 GiB',
    ];
    const { provider } = await onAStub(aHost({ 'vol-list': () => rows.join('\n') }));
    expect(await provider.limits(never)).toMatchObject({ disk: 57 });
  });
});

describe('[V6] what counts as used', () => {
  const host = (xml: string, inactive: readonly string[] = []): ReturnType<typeof aHost> =>
    aHost({
      list: (words) => (words.includes('--inactive') ? inactive : UUIDS.slice(0, 1)).join('\n'),
      dumpxml: () => domain(UUIDS[0] ?? '', xml),
    });

  it.each([
    ['<memory unit="KiB">1048577</memory><vcpu>3</vcpu>', { cores: 3, ram: 1025 }],
    ['<memory unit="MiB">512</memory><vcpu current="2">8</vcpu>', { cores: 2, ram: 512 }],
    ['<memory unit="GiB">2</memory><vcpu>1</vcpu>', { cores: 1, ram: 2048 }],
    ['<memory>4096</memory>', { cores: 1, ram: 4 }],
  ])('is what an active domain of others has: %s', async (xml, used) => {
    const { provider } = await onAStub(host(xml));
    expect(await provider.list(never)).toEqual([
      { externalId: UUIDS[0], metadata: {}, resources: { instances: 1, ...used } },
    ]);
  });

  it('is nothing of one that is shut off', async () => {
    const { provider } = await onAStub(host('<memory unit="GiB">2</memory><vcpu>1</vcpu>', UUIDS.slice(0, 1)));
    expect(await provider.list(never)).toEqual([]);
  });
});

describe('[V6] memory is never handed out twice', () => {
  const memory = (stats: string) => aHost({ 'vol-dumpxml': image, nodememstats: () => stats });

  it('a launch that the host has no memory for has no capacity, and nothing of it is made', async () => {
    const host = memory('total  :  8388608 KiB\nfree   :  500000 KiB\nbuffers:  200000 KiB\ncached :  300000 KiB');
    const { provider, spec } = await onAStub(host);
    expect(await failure(provider.create(spec({ memory: 1024 }), never))).toMatchObject({
      kind: 'capacity',
      message: 'the host has 976 MiB of free memory, the machine takes 1024 MiB',
    });
    expect([...host.asked('define'), ...host.asked('vol-create-as'), ...host.asked('start')]).toEqual([]);
  });

  it('what only caches hold is free', async () => {
    const host = memory('total  :  8388608 KiB\nfree   :  500000 KiB\nbuffers:  200000 KiB\ncached :  400000 KiB');
    const { provider, spec } = await onAStub(host);
    await provider.create(spec({ memory: 1024 }), never);
    expect(host.asked('start')).toHaveLength(1);
  });

  it('a hypervisor that does not say what is free is believed to have it', async () => {
    const error = 'this function is not supported by the connection driver: virNodeGetMemoryStats';
    const host = aHost({ 'vol-dumpxml': image, nodememstats: () => ({ error }) });
    const { provider, spec } = await onAStub(host);
    await provider.create(spec({ memory: 1024 }), never);
    expect(host.asked('start')).toHaveLength(1);
  });
});
