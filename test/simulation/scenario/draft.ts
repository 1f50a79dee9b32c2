import { EXEC_DRIVER } from '../../../src/domain/config/exec-driver.js';
import type { NodepoolConfig, ProviderConfig } from '../../../src/domain/config/config.js';
import { labOf } from './machines.js';
import type { MachineDraft } from './machines.js';
import { aConfig, aDiskImage, aPool, aPoolLabel, aProvider } from '../../support/builders.js';
import type { OpenStackLabelSettings } from '../../../src/domain/config/openstack.js';

export interface PoolDraft {
  readonly name: string;
  readonly labels: readonly string[];
  maxServers: number;
  readonly priority: number;
  /** Beside `max-servers`. */
  limits?: Readonly<Record<string, number>>;
}

export interface ProviderDraft {
  readonly name: string;
  readonly cloud: string;
  readonly maxConcurrency: number;
  readonly launchRetries: number;
  readonly ignoreQuota: boolean;
  readonly pools: readonly PoolDraft[];
  /** Is its driver a program of its own? */
  readonly exec?: boolean;
  /** Taken out of the configuration for a while. */
  absent: boolean;
}

export interface LabelDraft {
  readonly name: string;
  readonly image: string;
  minReady: number;
  readonly maxReadyAge: number;
  readonly minRam?: number;
  /** Taken out of all pools for a while. */
  absent: boolean;
}

/** A configuration in few numbers, which scenarios change as an operator edits the file. */
export interface Draft {
  readonly providers: readonly ProviderDraft[];
  readonly labels: readonly LabelDraft[];
  readonly maxHoldAge: number;
  readonly rebuildAge: number;
  readonly tenantInstances: number | null;
  /** Machines that exist by themselves. */
  readonly machines?: readonly MachineDraft[];
}

/** Who simulates it knows what it does. */
const PROGRAM = { command: ['cloud'], environment: {}, settings: {}, 'start-timeout': 30 };

export const TENANT = 'tenant1';

export function configOf(draft: Draft): NodepoolConfig {
  const images = [...new Set(draft.labels.map((label) => label.image))];
  const lab = draft.machines ? [labOf(draft.machines)] : [];
  const bare = lab.flatMap(({ pools }) => [...pools.values()].flatMap((pool) => [...pool.labels.keys()]));
  const labels = new Map([
    ...draft.labels.map(({ name, minReady, maxReadyAge }) => [name, { name, minReady, maxReadyAge }] as const),
    ...bare.map((name) => [name, { name, minReady: 0, maxReadyAge: 0 }] as const),
  ]);
  return aConfig(
    {
      labels,
      maxHoldAge: draft.maxHoldAge,
      diskImages: new Map(images.map((name) => [name, aDiskImage({ name, rebuildAge: draft.rebuildAge })] as const)),
      tenantLimits: new Map(draft.tenantInstances === null ? [] : [[TENANT, { instances: draft.tenantInstances }]]),
    },
    ...draft.providers.filter((provider) => !provider.absent).map((provider) => providerOf(provider, draft, images)),
    ...lab,
  );
}

function providerOf(provider: ProviderDraft, draft: Draft, images: readonly string[]): ProviderConfig {
  const { name, cloud, maxConcurrency, launchRetries } = provider;
  const pools = provider.pools.map((pool) => {
    const offered = draft.labels.filter((label) => pool.labels.includes(label.name) && !label.absent);
    return aPool({
      name: pool.name,
      provider: name,
      maxServers: pool.maxServers,
      limits: { instances: pool.maxServers, ...pool.limits },
      priority: pool.priority,
      ignoreProviderQuota: provider.ignoreQuota,
      labels: new Map(
        offered.map((label) => [
          label.name,
          aPoolLabel(label.name, {
            image: { kind: 'diskimage', name: label.image },
            settings: { minRam: label.minRam ?? 8192 } satisfies Partial<OpenStackLabelSettings>,
          }),
        ]),
      ),
    });
  });
  const image = (of: string): ProviderConfig['diskImages'] extends ReadonlyMap<string, infer I> ? I : never => ({
    name: of,
    pause: false,
    configDrive: null,
    meta: {},
    connectionType: 'ssh',
    connectionPort: 22,
  });
  return aProvider(
    {
      name,
      maxConcurrency,
      launchRetries,
      launchTimeout: 120,
      bootTimeout: 30,
      imageUploadTimeout: 300,
      diskImages: new Map(images.map((of) => [of, image(of)] as const)),
      ...(provider.exec === true ? { driver: EXEC_DRIVER, settings: { cloud, ...PROGRAM } } : { settings: { cloud } }),
    },
    ...pools,
  );
}
