import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LibvirtDriver } from '../../src/adapters/libvirt/libvirt-driver.js';
import { NodeChildPrograms } from '../../src/adapters/system/node-child-programs.js';
import { anInstanceSpec, aPool, aPoolLabel, aProviderConfig } from '../../src/apps/driver-kit/builders.js';
import type { TestContext } from '../../src/apps/driver-kit/driver-context.js';
import { driverContext } from '../../src/apps/driver-kit/driver-context.js';
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../src/domain/config/config.js';
import type {
  LibvirtLabelSettings,
  LibvirtNetwork,
  LibvirtPoolSettings,
  LibvirtProviderSettings,
} from '../../src/domain/config/libvirt.js';
import type { ImageUploadSpec } from '../../src/ports/compute/images.js';
import type { InstanceSpec, Provider } from '../../src/ports/compute/provider.js';
import type { ComputeBench } from '../contract/compute-bench.js';
import { FaultyPrograms } from './faulty-programs.js';
import type { LibvirtDaemon } from './libvirt-daemon.js';

export const never = new AbortController().signal;

export function libvirtSettings(change: Partial<LibvirtProviderSettings> = {}): LibvirtProviderSettings {
  return {
    uri: 'test:///default',
    storagePool: 'nodepool',
    virtualization: 'qemu',
    reserve: { cores: 0, ram: 0, disk: 0 },
    coresRatio: 1,
    sshAuthorizedKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2cUkWvYUWoTWBBNz3iMGbxg8TYtVeV5PNQyqXUnP4C tests'],
    configDrives: {},
    ...change,
  };
}

export function libvirtLabel(
  settings: Partial<LibvirtLabelSettings> = {},
  change: Partial<PoolLabelConfig> = {},
): PoolLabelConfig {
  const plain: LibvirtLabelSettings = { cpus: 1, memory: 64, disk: null, userdata: null };
  return aPoolLabel({ image: { kind: 'diskimage', name: 'blank' }, settings: { ...plain, ...settings }, ...change });
}

export function libvirtPool(network: LibvirtNetwork, label = libvirtLabel()): PoolConfig {
  const settings: LibvirtPoolSettings = { network };
  return aPool({ provider: 'rack-one', labels: new Map([[label.name, label]]), settings });
}

/** Forwarded ports of tests are here. */
export const USER_NETWORK: LibvirtNetwork = {
  kind: 'user',
  address: '127.0.0.1',
  ports: { first: 24_500, last: 24_999 },
  restrict: true,
};

export function libvirtConfig(
  settings: Partial<LibvirtProviderSettings>,
  pool: PoolConfig,
  change: Partial<ProviderConfig> = {},
): ProviderConfig {
  return aProviderConfig({
    name: 'rack-one',
    driver: 'libvirt',
    managesImages: true,
    pools: new Map([[pool.name, pool]]),
    settings: libvirtSettings(settings),
    ...change,
  });
}

const blanks = new Map<string, Buffer>();

/** A real qcow2 with nothing in it; `qemu-img` is asked once for each size. */
export function blankImage(folder: string, size = '64M', format = 'qcow2'): string {
  const file = path.join(folder, `blank-${size}.${format}`);
  const known = blanks.get(`${size}.${format}`);
  if (known) writeFileSync(file, known);
  else execFileSync('qemu-img', ['create', '-q', '-f', format, file, size]);
  if (format === 'qcow2') blanks.set(`${size}.${format}`, known ?? readFileSync(file));
  return file;
}

export function imageUpload(file: string, change: Partial<ImageUploadSpec> = {}): ImageUploadSpec {
  return {
    name: 'blank-1700000000',
    file,
    format: 'qcow2',
    md5: null,
    sha256: null,
    properties: {
      nodepool_build_id: '0123456789abcdef0123456789abcdef',
      nodepool_upload_id: '0000000001',
      nodepool_provider_name: 'rack-one',
    },
    ...change,
  };
}

export interface LibvirtTestBench {
  readonly driver: LibvirtDriver;
  readonly programs: FaultyPrograms;
  readonly context: TestContext;
  readonly config: ProviderConfig;
  readonly pool: PoolConfig;
  /** The volume that machines are made from. */
  readonly image: string;
  readonly folder: string;
  make(settings?: Partial<LibvirtProviderSettings>): Provider;
  spec(nodeId: string, change?: Partial<InstanceSpec>): InstanceSpec;
  close(): Promise<void>;
}

/** A driver on a host, with an image to make machines from. */
export async function libvirtTestBench(
  settings: Partial<LibvirtProviderSettings>,
  pool: PoolConfig,
): Promise<LibvirtTestBench> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'np-bench-'));
  const programs = new FaultyPrograms(new NodeChildPrograms());
  const context = driverContext();
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder };
  const driver = new LibvirtDriver(programs, environment, context.clock);
  const config = libvirtConfig(settings, pool);
  const make = (other: Partial<LibvirtProviderSettings> = {}): Provider =>
    driver.createProvider(libvirtConfig({ ...settings, ...other }, pool), context);
  const keeper = make();
  await keeper.start(never);
  const image = await keeper.images?.upload(imageUpload(blankImage(folder), { name: 'base' }), never);
  if (image === undefined) throw new Error('the provider keeps no images');
  return {
    driver,
    programs,
    context,
    config,
    pool,
    image,
    folder,
    make,
    spec: (nodeId, change) =>
      anInstanceSpec({ nodeId, pool, image: { kind: 'diskimage', externalId: image, configDrive: true }, ...change }),
    close: async () => {
      for (const { externalId, metadata } of await keeper.list(never)) {
        if (metadata['nodepool_node_id'] !== undefined) await keeper.delete(externalId, never);
      }
      await keeper.images?.remove(image, never);
      await keeper.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const NO_ROOM = ['Failed to create vol x', 'cannot allocate 9663676416000 bytes in file: No space left on device'];
const BROKEN = ['Failed to list domains', 'internal error: client socket is closed'];

/** The contract's bench on a host. @param daemon behind it; undefined on a host in memory */
export async function libvirtBench(
  settings: Partial<LibvirtProviderSettings>,
  pool: PoolConfig,
  daemon?: LibvirtDaemon,
): Promise<ComputeBench> {
  const bench = await libvirtTestBench(settings, pool);
  const file = blankImage(bench.folder, '32M');
  const { programs } = bench;
  let breakNext = false;
  const provider = bench.make();
  const create = provider.create.bind(provider);
  provider.create = async (spec, signal) => {
    const id = await create(spec, signal);
    if (breakNext) await daemon?.virsh('destroy', id);
    breakNext = false;
    return id;
  };
  return {
    provider,
    reopen: () => bench.make(),
    capabilities: bench.driver.capabilities,
    spec: (nodeId) => bench.spec(nodeId),
    unknownImage: { kind: 'diskimage', externalId: 'no-such.0.0.0123456789ab.qcow2', configDrive: true },
    upload: imageUpload(file),
    run: (promise) => promise,
    exhaustQuota: null,
    hangNextCreate: () => programs.arm({ on: /'domstate'/, effect: 'swallow' }),
    // In memory there is one session for all.
    hangsAll: daemon === undefined,
    breakNextBoot: daemon ? () => void (breakNext = true) : null,
    loseNextAnswer: daemon ? () => programs.arm({ on: /'start'/, effect: 'lose' }) : null,
    refuseForCapacity: () => programs.arm({ on: /'vol-create-as'.*'--backing-vol'/, effect: { says: NO_ROOM } }),
    failNextCall: () => programs.arm({ on: /'list'|'domstate'/, effect: { says: BROKEN } }),
    strangeCredentials: () => {
      const says = ['authentication unavailable: no polkit agent available to authenticate action'];
      programs.arm({ on: /'hostname'/, effect: { says } });
      return bench.make();
    },
    removeBehindBack: daemon
      ? async (id) => {
          await daemon.virsh('destroy', id);
          await daemon.virsh('undefine', id);
        }
      : null,
    cloudInstances: daemon
      ? async () => (await daemon.virsh('list', '--all', '--uuid')).split('\n').filter((id) => id !== '')
      : null,
    secrets: ['no-such-secret'],
    close: () => bench.close(),
  };
}
