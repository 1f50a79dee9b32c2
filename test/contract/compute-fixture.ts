import type {
  CloudImageConfig,
  PoolConfig,
  PoolLabelConfig,
  ProviderConfig,
  ProviderImageConfig,
} from '../../src/domain/config/config.js';
import * as kit from '../../src/apps/driver-kit/builders.js';
import type { Random } from '../../src/ports/runtime/random.js';

/** Small random numbers that are the same in each run (a linear congruential generator). */
export class CountedRandom implements Random {
  private state: number;

  constructor(seed = 1) {
    this.state = seed;
  }

  next(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return this.state / 2 ** 32;
  }

  hexId(): string {
    return Array.from({ length: 32 }, () => Math.floor(this.next() * 16).toString(16)).join('');
  }

  uuid(): string {
    return this.hexId().replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
  }
}

export function aLabel(values: Partial<PoolLabelConfig> = {}): PoolLabelConfig {
  return kit.aPoolLabel({
    image: { kind: 'diskimage', name: 'debian' },
    settings: { minRam: 8192, flavorName: 'Fake', networks: [], autoFloatingIp: true },
    ...values,
  });
}

export function aPool(values: Partial<PoolConfig> = {}): PoolConfig {
  return kit.aPool({ provider: 'fake-one', labels: new Map([['small', aLabel()]]), ...values });
}

export function aProvider(values: Partial<ProviderConfig> = {}): ProviderConfig {
  const image: ProviderImageConfig = {
    name: 'debian',
    pause: false,
    configDrive: null,
    meta: {},
    connectionType: 'ssh',
    connectionPort: 22,
  };
  const windows: CloudImageConfig = {
    name: 'windows',
    imageId: null,
    imageName: 'Windows 2022',
    configDrive: null,
    username: null,
    pythonPath: 'auto',
    shellType: null,
    connectionType: 'winrm',
    connectionPort: 5986,
  };
  return kit.aProviderConfig({
    name: 'fake-one',
    driver: 'fake',
    managesImages: true,
    diskImages: new Map([['debian', image]]),
    cloudImages: new Map([['windows', windows]]),
    pools: new Map([['main', aPool()]]),
    settings: { cloud: 'fake', regionName: 'fake-region', fake: {} },
    ...values,
  });
}
