import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LibvirtDriver } from '../../src/adapters/libvirt/libvirt-driver.js';
import { machineNames } from '../../src/adapters/libvirt/names.js';
import type { LibvirtProviderSettings } from '../../src/domain/config/libvirt.js';
import { instanceKey } from '../../src/domain/decide/installation.js';
import type { ProviderError } from '../../src/ports/compute/errors.js';
import type { Provider } from '../../src/ports/compute/provider.js';
import { eventually } from '../support/eventually.js';
import type { LibvirtTestBench } from '../support/libvirt-bench.js';
import {
  blankImage,
  imageUpload,
  libvirtConfig,
  libvirtLabel,
  libvirtPool,
  libvirtTestBench,
  never,
  USER_NETWORK,
} from '../support/libvirt-bench.js';
import { LibvirtDaemon, withoutLibvirt } from '../support/libvirt-daemon.js';

const failure = (promise: Promise<unknown>): Promise<ProviderError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as ProviderError,
  );

describe.skipIf(withoutLibvirt())('the driver libvirt on a real libvirtd', () => {
  let daemon: LibvirtDaemon;
  let bench: LibvirtTestBench;
  let provider: Provider;

  beforeAll(async () => {
    daemon = await LibvirtDaemon.start();
  });
  afterAll(() => daemon?.stop());
  afterEach(async () => {
    await provider?.stop();
    await bench?.close();
    expect(await daemon.domains(), 'domains left').toEqual([]);
    expect(await daemon.volumes(), 'volumes left').toEqual([]);
  });

  async function open(settings: Partial<LibvirtProviderSettings> = {}, label = libvirtLabel()): Promise<void> {
    bench = await libvirtTestBench({ uri: daemon.uri, ...settings }, libvirtPool(USER_NETWORK, label));
    provider = bench.make();
    await provider.start(never);
  }

  async function launch(nodeId: string): Promise<string> {
    const spec = bench.spec(nodeId);
    const id = await provider.create(spec, never);
    await provider.waitUntilRunning(id, spec, never);
    return id;
  }

  it('[V1] uploads an image as a volume, byte for byte, and deletes it when no machine uses it any more', async () => {
    await open();
    const file = blankImage(bench.folder, '48M');
    const id = await provider.images!.upload(imageUpload(file, { name: 'debian-1700000001' }), never);
    expect(await daemon.volumes()).toContain(id);
    const copy = path.join(bench.folder, 'copy');
    await daemon.virsh('vol-download', '--pool', 'nodepool', id, copy);
    const sum = (name: string): string => createHash('sha256').update(readFileSync(name)).digest('hex');
    expect(sum(copy)).toBe(sum(file));

    const spec = bench.spec('0000000001', { image: { kind: 'diskimage', externalId: id, configDrive: true } });
    const machine = await provider.create(spec, never);
    const refused = await failure(provider.images!.remove(id, never));
    expect(refused).toMatchObject({ kind: 'transient' });
    expect(refused.message).toMatch(/in use by 1 machines .*waits for them/);
    expect(await daemon.volumes()).toContain(id);
    await provider.delete(machine, never);
    await provider.images!.remove(id, never);
    expect(await daemon.volumes()).not.toContain(id);
  });

  it('[V1] refuses an image that is not what it says, and stores nothing', async () => {
    await open();
    const before = await daemon.volumes();
    const garbage = path.join(bench.folder, 'garbage.qcow2');
    writeFileSync(garbage, '<html>no such mirror</html>'.repeat(100));
    const overlay = path.join(bench.folder, 'overlay.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/passwd', overlay, '1M']);
    const empty = path.join(bench.folder, 'empty.qcow2');
    writeFileSync(empty, '');
    for (const [file, words] of [
      [garbage, 'is said to be qcow2, but is not'],
      [overlay, 'is an overlay on another file'],
      [empty, 'is empty'],
      [path.join(bench.folder, 'missing.qcow2'), 'cannot be read'],
    ] as const) {
      expect((await failure(provider.images!.upload(imageUpload(file), never))).message).toContain(words);
    }
    expect(await daemon.volumes()).toEqual(before);
  });

  it('[V1] raw images work as well', async () => {
    await open();
    const file = blankImage(bench.folder, '8M', 'raw');
    const id = await provider.images!.upload(imageUpload(file, { format: 'raw' }), never);
    const spec = bench.spec('0000000001', { image: { kind: 'diskimage', externalId: id, configDrive: true } });
    const machine = await provider.create(spec, never);
    expect(backingOf(await overlayPath('0000000001'))).toMatchObject({ 'backing-filename-format': 'raw' });
    await provider.delete(machine, never);
    await provider.images!.remove(id, never);
  });

  it('[V2] makes the disk of a machine an overlay on the image, of the size that the label says', async () => {
    await open({}, libvirtLabel({ disk: 3 }));
    await launch('0000000001');
    const info = backingOf(await overlayPath('0000000001'));
    expect(info).toMatchObject({ 'virtual-size': 3 * 1024 ** 3, format: 'qcow2' });
    expect(info['full-backing-filename']).toBe(path.join(daemon.poolFolder, bench.image));
    expect(Number(info['actual-size'])).toBeLessThan(1_000_000);
  });

  it('[V2] a disk that is smaller than the image is a mistake of the configuration', async () => {
    await open({}, libvirtLabel({ disk: 1 }));
    const file = blankImage(bench.folder, '2G');
    const id = await provider.images!.upload(imageUpload(file), never);
    const spec = bench.spec('0000000001', { image: { kind: 'diskimage', externalId: id, configDrive: true } });
    const refused = await failure(provider.create(spec, never));
    expect(refused).toMatchObject({ kind: 'configuration' });
    expect(refused.message).toContain('disk: 1 is too small');
    await provider.images!.remove(id, never);
  });

  it('[V3] writes into the domain whose it is, hostile texts included', async () => {
    await open();
    const evil = `</nodepool:property><x y='"'/>&lt;\n\t\u0007ü💥`;
    const spec = bench.spec('0000000001');
    const metadata = {
      ...spec.metadata,
      nodepool_node_label: 'small',
      nodepool_image_name: 'blank',
      [`key ${evil}`]: evil,
    };
    await provider.create({ ...spec, hostname: `host '";$(touch /tmp/np-evil)`, metadata }, never);
    const [domain = ''] = await daemon.domains();
    const xml = await daemon.virsh('dumpxml', domain);
    for (const [key, value] of Object.entries(spec.metadata)) {
      expect(xml).toContain(`<nodepool:property name="${key}">${value}</nodepool:property>`);
    }
    const [listed] = await provider.list(never);
    expect(listed?.metadata).toEqual(metadata);
  });

  it('[V3] finds volumes of ours whose machine is gone, and never those of others', async () => {
    await open();
    const id = await launch('0000000001');
    const theirs = machineNames(instanceKey('another', 'rack-one', '0000000001'), 'rack-one', '0000000001').disk;
    await daemon.virsh('vol-create-as', 'nodepool', theirs, '1M', '--format', 'qcow2');
    const context = { ...bench.context, installation: () => 'tests' };
    const known = bench.driver.createProvider(bench.config, context);
    await known.start(never);
    const [kind] = known.loose!.kinds;
    expect(await known.loose!.list(kind!, never)).toEqual([]);
    await daemon.virsh('destroy', id);
    await daemon.virsh('undefine', id);
    const left = await known.loose!.list(kind!, never);
    expect(left).toHaveLength(2);
    for (const name of left) await known.loose!.remove(kind!, name, never);
    expect(await daemon.volumes()).toEqual([bench.image, theirs].sort());
    await daemon.virsh('vol-delete', '--pool', 'nodepool', theirs);
    await known.stop();
  });

  it('[V4] makes a config drive in OpenStack’s format, with name, keys, userdata and network', async () => {
    const userdata = '#!/bin/sh\necho "hello" > /tmp/x\n';
    await open({}, libvirtLabel({ userdata }));
    await provider.create(bench.spec('0000000001', { hostname: 'small-1' }), never);
    const files = await driveOf('0000000001');
    const facts = JSON.parse(files('openstack/latest/meta_data.json')) as Record<string, unknown>;
    expect(facts).toMatchObject({ hostname: 'small-1', name: 'small-1', meta: { nodepool_node_id: '0000000001' } });
    expect(Object.values(facts['public_keys'] as Record<string, string>)[0]).toMatch(/^ssh-ed25519 AAAA/);
    expect(files('openstack/latest/user_data')).toBe(userdata);
    const network = JSON.parse(files('openstack/latest/network_data.json')) as {
      links: { ethernet_mac_address: string }[];
    };
    const [domain = ''] = await daemon.domains();
    expect(await daemon.virsh('dumpxml', domain)).toContain(network.links[0]?.ethernet_mac_address);
    expect(files.label).toBe('config-2');
  });

  it('[V4] or as NoCloud, or not at all', async () => {
    await open({ configDrives: { blank: 'nocloud' } });
    await provider.create(bench.spec('0000000001', { hostname: 'small-1' }), never);
    const files = await driveOf('0000000001');
    expect(files.label).toBe('cidata');
    expect(JSON.parse(files('meta-data'))).toMatchObject({ 'local-hostname': 'small-1' });
    expect(files('user-data')).toMatch(/^#cloud-config/);
    await provider.stop();
    await bench.close();
    await open({ configDrives: { blank: 'none' } });
    await provider.create(bench.spec('0000000002'), never);
    expect((await daemon.volumes()).filter((name) => name.endsWith('.iso'))).toEqual([]);
  });

  it('[V5] forwards a port of its own to each machine, and takes another one if somebody has it', async () => {
    await open();
    const first = bench.spec('0000000001');
    const one = await provider.waitUntilRunning(await provider.create(first, never), first, never);
    expect(one).toMatchObject({ interfaceIp: '127.0.0.1', publicIpv4: '127.0.0.1' });
    const port = Number(one.connectionPort);
    expect(port).toBeGreaterThanOrEqual(24_500);
    expect(port).toBeLessThanOrEqual(24_999);
    await provider.delete(one.externalId, never);
    const squatter = createServer().listen(port, '127.0.0.1');
    try {
      const again = await provider.waitUntilRunning(await provider.create(first, never), first, never);
      expect(again.connectionPort).not.toBe(port);
    } finally {
      squatter.close();
    }
  });

  it('[V6] counts what the host has, less the reserve, and machines of others as used', async () => {
    await open({ reserve: { cores: 1, ram: 512, disk: 2 }, coresRatio: 4 });
    const plain = bench.make({ reserve: { cores: 0, ram: 0, disk: 0 }, coresRatio: 1 });
    await plain.start(never);
    const [all, left] = [await plain.limits(never), await provider.limits(never)];
    await plain.stop();
    expect(all['cores']).toBe(Number(/CPU\(s\):\s*(\d+)/.exec(await daemon.virsh('nodeinfo'))?.[1]));
    expect(left).toMatchObject({ cores: ((all['cores'] ?? 0) - 1) * 4, ram: (all['ram'] ?? 0) - 512 });
    expect((all['disk'] ?? 0) - (left['disk'] ?? 0)).toBeGreaterThanOrEqual(1);
    const xml = path.join(bench.folder, 'other.xml');
    writeFileSync(
      xml,
      '<domain type="qemu"><name>mail</name><memory unit="GiB">1</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>',
    );
    await daemon.virsh('create', xml);
    const [other] = await provider.list(never);
    expect(other).toMatchObject({ metadata: {}, resources: { instances: 1, cores: 2, ram: 1024 } });
    await daemon.virsh('destroy', 'mail');
  });

  it('[V4] without a program that makes config drives the provider does not start, unless nobody wants one', async () => {
    await open();
    const bare = path.join(bench.folder, 'bin');
    mkdirSync(bare);
    symlinkSync('/usr/bin/virsh', path.join(bare, 'virsh'));
    const make = (settings: Partial<LibvirtProviderSettings>): Provider =>
      new LibvirtDriver(bench.programs, { PATH: bare, HOME: bench.folder }, bench.context.clock).createProvider(
        libvirtConfig({ uri: daemon.uri, ...settings }, bench.pool),
        bench.context,
      );
    const refused = await failure(make({}).start(never));
    expect(refused).toMatchObject({ kind: 'configuration' });
    expect(refused.message).toMatch(/install xorriso, genisoimage or mkisofs, or set config-drive: false/);
    const plain = make({ configDrives: { blank: 'none' } });
    await plain.start(never);
    await plain.stop();
  });

  it('without virsh the provider does not start, and says so in one line', async () => {
    await open();
    const bare = path.join(bench.folder, 'bin');
    mkdirSync(bare);
    symlinkSync('/usr/bin/xorriso', path.join(bare, 'xorriso'));
    const driver = new LibvirtDriver(bench.programs, { PATH: bare, HOME: bench.folder }, bench.context.clock);
    const refused = await failure(driver.createProvider(bench.config, bench.context).start(never));
    expect(refused).toMatchObject({ kind: 'configuration' });
    expect(refused.message).toMatch(/^[^\n]*virsh[^\n]*$/);
  });

  it('[V7] keeps the last 64 KiB of a console that never ends, and tells them without control characters', async () => {
    await open({}, libvirtLabel({}, { consoleLog: true }));
    // A boot sector that writes `#` to the serial port, and then an escape and the alphabet for ever.
    const file = path.join(bench.folder, 'chatter.raw');
    const disk = Buffer.alloc(1 << 20);
    const begin = [0xba, 0xf8, 0x03, 0xb0, 0x23, 0xee];
    const line = [0xb0, 0x1b, 0xee, 0xb0, 0x61, 0xee, 0xfe, 0xc0, 0x3c, 0x7b, 0x75, 0xf9, 0xb0, 0x0a, 0xee, 0xeb, 0xef];
    disk.set([...begin, ...line]);
    disk.set([0x55, 0xaa], 510);
    writeFileSync(file, disk);
    const id = await provider.images!.upload(imageUpload(file, { format: 'raw' }), never);
    const spec = bench.spec('0000000001', { image: { kind: 'diskimage', externalId: id, configDrive: true } });
    const machine = await provider.create(spec, never);
    const text = async (): Promise<string> => (await provider.consoleLog(machine, never)) ?? '';
    await eventually('more has come than is kept', async () => /^[^#]{55000}/.test(await text()), 100);
    const [one, pid] = [await text(), [...daemon.machines.values()][0] ?? 0];
    expect(one.length).toBeLessThanOrEqual(65_536);
    expect(one).toMatch(/^[a-z\n]+$/);
    const resident = (): number => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const before = resident();
    await eventually('it goes on', async () => (await text()) !== one, 60);
    expect(resident() - before).toBeLessThan(8192);
    await provider.delete(machine, never);
    expect(await provider.consoleLog(machine, never)).toBeNull();
    await provider.images!.remove(id, never);
  });

  it('virtualization: auto tries KVM, and emulates where no machine runs with it', async () => {
    await open({ virtualization: 'auto' });
    const spec = bench.spec('0000000001');
    await provider.create(spec, never);
    const [domain = ''] = await daemon.domains();
    const type = /<domain type='(\w+)'/.exec(await daemon.virsh('dumpxml', domain))?.[1];
    const warned = bench.context.logger.lines.some(({ message }) => /no machine runs with it/.test(message));
    expect(type).toBe(warned || !existsSync('/dev/kvm') ? 'qemu' : 'kvm');
    expect(await daemon.domains()).toHaveLength(1);
  });

  it('[V8] [V9] a host that is away is unanswered, and serves again when it is back; its machines go on', async () => {
    await open();
    const spec = bench.spec('0000000001');
    const id = await launch('0000000001');
    const pids = [...daemon.machines.values()];
    await daemon.down('SIGKILL');
    const calls = [
      () => provider.list(never),
      () => provider.create(bench.spec('0000000002'), never),
      () => provider.delete(id, never),
    ];
    for (const call of calls) {
      expect(await failure(call())).toMatchObject({ kind: 'transient', details: { unanswered: true } });
    }
    await daemon.up();
    expect((await provider.list(never)).map(({ externalId }) => externalId)).toEqual([id]);
    expect([...daemon.machines.values()]).toEqual(pids);
    await provider.waitUntilRunning(id, spec, never);
    await provider.delete(id, never);
  });

  it('[V9] a machine that was killed behind our back is told, and replaced by the next launch of its node', async () => {
    await open();
    const spec = bench.spec('0000000001');
    const id = await launch('0000000001');
    for (const pid of daemon.machines.values()) process.kill(pid, 'SIGKILL');
    await expect.poll(() => daemon.virsh('domstate', id)).toContain('shut off');
    const told = await failure(provider.waitUntilRunning(id, spec, never));
    expect(told).toMatchObject({ kind: 'transient', details: { externalId: id } });
    expect(told.message).toContain('does not run: shut off');
    expect(await provider.create(spec, never)).toBe(id);
    await provider.waitUntilRunning(id, spec, never);
  });

  it('[V9] an image volume that is gone is not found, and nothing of the machine is left', async () => {
    await open();
    const id = await provider.images!.upload(imageUpload(blankImage(bench.folder, '16M')), never);
    await daemon.virsh('vol-delete', '--pool', 'nodepool', id);
    const before = await daemon.volumes();
    const spec = bench.spec('0000000001', { image: { kind: 'diskimage', externalId: id, configDrive: true } });
    expect(await failure(provider.create(spec, never))).toMatchObject({ kind: 'not-found' });
    expect(await daemon.volumes()).toEqual(before);
    expect(await daemon.domains()).toEqual([]);
  });

  it('[V9] a storage pool that is not active, as after a reboot, is started', async () => {
    await open();
    await daemon.virsh('pool-destroy', 'nodepool');
    await launch('0000000001');
  });

  it('[V9] two launchers on one host do not get in each other’s way', async () => {
    await open();
    const other = await libvirtTestBench({ uri: daemon.uri }, libvirtPool(USER_NETWORK));
    const theirs = other.make();
    await theirs.start(never);
    const ids = ['0000000001', '0000000002', '0000000003'];
    const machines = await Promise.all(
      ids.flatMap((nodeId) => [
        (async () => {
          const spec = bench.spec(nodeId);
          return provider.waitUntilRunning(await provider.create(spec, never), spec, never);
        })(),
        (async () => {
          const key = instanceKey('another', 'rack-one', nodeId);
          const spec = { ...other.spec(nodeId), idempotencyKey: key };
          return theirs.waitUntilRunning(await theirs.create(spec, never), spec, never);
        })(),
      ]),
    );
    expect(new Set(machines.map(({ externalId }) => externalId)).size).toBe(6);
    expect(new Set(machines.map(({ connectionPort }) => connectionPort)).size).toBe(6);
    for (const { externalId } of machines) await provider.delete(externalId, never);
    await theirs.stop();
    await other.close();
  });

  async function overlayPath(nodeId: string): Promise<string> {
    const names = machineNames(bench.spec(nodeId).idempotencyKey, 'rack-one', nodeId);
    return (await daemon.virsh('vol-path', '--pool', 'nodepool', names.disk)).trim();
  }

  function backingOf(file: string): Record<string, unknown> {
    const words = ['info', '-U', '--output=json', file];
    return JSON.parse(execFileSync('qemu-img', words, { encoding: 'utf8' })) as Record<string, unknown>;
  }

  async function driveOf(nodeId: string): Promise<((name: string) => string) & { readonly label: string }> {
    const names = machineNames(bench.spec(nodeId).idempotencyKey, 'rack-one', nodeId);
    const folder = mkdtempSync(path.join(bench.folder, 'iso-'));
    const iso = path.join(folder, 'drive.iso');
    await daemon.virsh('vol-download', '--pool', 'nodepool', names.drive, iso);
    const root = path.join(folder, 'root');
    mkdirSync(root);
    execFileSync('xorriso', ['-osirrox', 'on', '-indev', iso, '-extract', '/', root], { stdio: 'ignore' });
    const label = execFileSync('blkid', ['-p', '-s', 'LABEL', '-o', 'value', iso], { encoding: 'utf8' }).trim();
    return Object.assign((name: string) => readFileSync(path.join(root, name), 'utf8'), { label });
  }
});

describe.skipIf(withoutLibvirt())('the driver libvirt on a full storage pool', () => {
  it('[V8] [V9] has no capacity, and leaves nothing behind', async () => {
    const folder = mkdtempSync('/tmp/np-full-');
    const [disk, mount] = [path.join(folder, 'disk'), path.join(folder, 'pool')];
    mkdirSync(mount);
    execFileSync('truncate', ['-s', '24M', disk]);
    execFileSync('/sbin/mkfs.ext4', ['-q', '-m', '0', disk]);
    execFileSync('mount', ['-o', 'loop', disk, mount]);
    const daemon = await LibvirtDaemon.start({ poolFolder: mount });
    try {
      rmSync(path.join(mount, 'lost+found'), { recursive: true });
      const bench = await libvirtTestBench({ uri: daemon.uri }, libvirtPool(USER_NETWORK));
      const provider = bench.make();
      await provider.start(never);
      writeFileSync(path.join(mount, 'hog'), Buffer.alloc(12 * 1024 * 1024));
      try {
        execFileSync('sh', ['-c', `cat /dev/zero > ${mount}/rest`], { stdio: 'ignore' });
      } catch {
        // Full now.
      }
      const refused = await failure(provider.create(bench.spec('0000000001'), never));
      expect(refused, refused.message).toMatchObject({ kind: 'capacity' });
      const file = path.join(bench.folder, 'large.raw');
      writeFileSync(file, Buffer.alloc(4 << 20, 'x'));
      const upload = await failure(provider.images!.upload(imageUpload(file, { format: 'raw' }), never));
      expect(upload, upload.message).toMatchObject({ kind: 'capacity' });
      expect(await daemon.domains()).toEqual([]);
      rmSync(path.join(mount, 'hog'));
      rmSync(path.join(mount, 'rest'), { force: true });
      await daemon.virsh('pool-refresh', 'nodepool');
      expect(await daemon.volumes()).toEqual([bench.image]);
      await provider.create(bench.spec('0000000001'), never);
      await provider.stop();
      await bench.close();
    } finally {
      await daemon.stop();
      execFileSync('umount', ['-l', mount]);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
