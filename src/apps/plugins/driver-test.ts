import type { InstanceImage } from '../../domain/model/instance-image.js';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LoadOptions } from '../../adapters/config-yaml/load-config.js';
import { loadConfig } from '../../adapters/config-yaml/load-config.js';
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../domain/config/config.js';
import { installationMark, instanceKey } from '../../domain/decide/installation.js';
import { secretValues } from '../../domain/config/driver-config-schema.js';
import { EXEC_DRIVER } from '../../domain/config/exec-driver.js';
import type { DriverSchema } from '../../domain/config/driver-schema.js';
import type { DriverPlugin } from '../../ports/compute/driver-api.js';
import type { Driver } from '../../ports/compute/driver.js';
import type { InstanceSpec, Provider } from '../../ports/compute/provider.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import type { DriverBench } from '../driver-kit/driver-bench.js';
import type { DriverCheck } from '../driver-kit/driver-check.js';
import { driverContext } from '../driver-kit/driver-context.js';
import { DRIVER_CHECKS } from '../driver-kit/driver-checks.js';
import { never } from '../driver-kit/never.js';
import type { CheckOutcome, CheckResult } from '../driver-kit/run-checks.js';
import { runDriverChecks } from '../driver-kit/run-checks.js';
import { Secrets } from './containment/secrets.js';

/** What a bench file opens for one check: the cloud it is made on, and ways to bring trouble about. */
export interface OpenedBench extends Partial<
  Omit<DriverBench, 'provider' | 'spec' | 'run' | 'close' | 'strangeCredentials'>
> {
  /** Variables NODEPOOL_... for `%(...)` in the configuration file. */
  readonly env?: Readonly<Record<string, string>>;
  /** The configuration with credentials that the cloud refuses. */
  readonly withStrangeCredentials?: (config: ProviderConfig) => ProviderConfig;
  close(): Promise<void>;
}

/** What a bench file exports as default. */
export type DriverBenchFile = () => Promise<OpenedBench>;

export interface DriverTestOptions {
  readonly driver: Driver;
  /** Undefined for built-in drivers, whose schemas are known. */
  readonly schema: DriverSchema | undefined;
  readonly load: (env: Readonly<Record<string, string>>) => LoadOptions;
  /** The provider's name; default the first one of the driver. */
  readonly provider: string | undefined;
  /** Absolute path of the bench file. */
  readonly bench: string | undefined;
  /** Names of checks; default all. */
  readonly only: readonly string[];
  readonly onResult: (result: CheckResult) => void;
}

/** The checks fill in others where they need them. */
const INSTALLATION = 'nodepool-driver-test';

/** Seconds one call may take. */
const PATIENCE = 600;
const UNKNOWN_IMAGE: InstanceImage = {
  kind: 'cloud-image',
  idOrName: 'nodepool-driver-test-no-such-image',
  byId: true,
  configDrive: null,
};

/** Carries out the driver contract on a provider of a configuration file. @throws Error saying what is missing to do so */
export async function testDriver(options: DriverTestOptions): Promise<readonly CheckResult[]> {
  const unknown = options.only.filter((name) => !DRIVER_CHECKS.some((check) => check.name === name));
  if (unknown.length > 0) throw new Error(`there is no check ${unknown.join(', ')}`);
  const checks = DRIVER_CHECKS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const openBench = await benchOf(options.bench);
  const secrets = new KnownSecrets(options.driver);
  const hide = (result: CheckResult): CheckResult => ({ ...result, outcome: secrets.hideIn(result.outcome) });
  try {
    const results = await runDriverChecks(() => makeBench(options, openBench, secrets), {
      checks: deletingFirst(checks),
      onResult: (result) => options.onResult(hide(result)),
      // In an account of somebody's own each further check would leave a machine behind; a bench is thrown away.
      enough: ({ leftBehind }) => leftBehind.length > 0 && options.bench === undefined,
    });
    return results.map(hide);
  } catch (error) {
    throw new Error(secrets.cut(error instanceof Error ? error.message : String(error)), { cause: undefined });
  }
}

/** Whether machines can be got rid of again is what somebody has to know before anything else. */
function deletingFirst(checks: readonly DriverCheck[]): readonly DriverCheck[] {
  const isFirst = ({ name }: DriverCheck): boolean => name === 'delete-gone' || name === 'delete-really';
  return [...checks.filter(isFirst), ...checks.filter((check) => !isFirst(check))];
}

/** The secret settings of the provider under test: no line of ours shows them, whatever the driver throws. */
class KnownSecrets {
  private secrets = new Secrets([]);

  constructor(private readonly driver: Driver) {}

  learn({ settings, pools }: ProviderConfig, more: readonly string[]): void {
    const { configSchema } = this.driver as Partial<DriverPlugin>;
    const all = [...pools.values()];
    const values = secretValues(configSchema ?? {}, {
      provider: settings,
      pools: all.map((pool) => pool.settings),
      labels: all.flatMap((pool) => [...pool.labels.values()].map((label) => label.settings)),
    });
    this.secrets = new Secrets([...new Set([...values, ...more])].sort((a, b) => b.length - a.length));
  }

  cut(text: string): string {
    return this.secrets.hideIn(text);
  }

  hideIn(outcome: CheckOutcome): CheckOutcome {
    if (outcome.kind === 'skipped') return { ...outcome, reason: this.cut(outcome.reason) };
    if (outcome.kind === 'passed') return outcome;
    const { error } = outcome;
    return {
      ...outcome,
      problem: this.cut(outcome.problem),
      error: error instanceof Error ? this.secrets.hideInError(error) : this.cut(String(error)),
    };
  }
}

async function benchOf(file: string | undefined): Promise<DriverBenchFile> {
  if (file === undefined) return () => Promise.resolve({ close: () => Promise.resolve() });
  const { default: open } = (await import(pathToFileURL(path.resolve(file)).href)) as { readonly default?: unknown };
  if (typeof open !== 'function') throw new Error(`${file} does not export a function that opens a bench as default`);
  return open as DriverBenchFile;
}

async function makeBench(
  options: DriverTestOptions,
  openBench: DriverBenchFile,
  secrets: KnownSecrets,
): Promise<DriverBench> {
  const opened = await openBench();
  try {
    const loading = options.load(opened.env ?? {});
    const schemas = options.schema === undefined ? [] : [options.schema];
    const { config } = await loadConfig({ ...loading, drivers: schemas });
    const wanted = [...config.providers.values()].filter(({ driver }) => driver === options.driver.name);
    const provider = options.provider === undefined ? wanted[0] : wanted.find(({ name }) => name === options.provider);
    if (!provider)
      throw new Error(`${loading.path} has no provider ${options.provider ?? `of driver ${options.driver.name}`}`);
    secrets.learn(provider, opened.secrets ?? []);
    return benchOn(provider, options.driver, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function benchOn(config: ProviderConfig, driver: Driver, opened: OpenedBench): DriverBench {
  const context = driverContext();
  const make = (changed = config): Provider => driver.createProvider(changed, context);
  const provider = make();
  const [pool] = config.pools.values();
  if (!pool) throw new Error(`provider ${config.name} has no pool`);
  const { withStrangeCredentials, env: _env, ...knobs } = opened;
  return {
    unknownImage: UNKNOWN_IMAGE,
    upload: null,
    exhaustQuota: null,
    hangNextCreate: null,
    breakNextBoot: null,
    // What a program can do, only the program knows.
    ...(driver.capabilities && driver.name !== EXEC_DRIVER ? { capabilities: driver.capabilities } : {}),
    ...(provider.fixed ? { fixedPool: pool } : {}),
    ...knobs,
    provider,
    reopen: () => make(),
    strangeCredentials: withStrangeCredentials ? () => make(withStrangeCredentials(config)) : null,
    spec: (nodeId) => specOf(config, pool, nodeId),
    run: (promise) => withDeadline(context.clock, PATIENCE, 'the call', never, () => promise),
    close: () => opened.close(),
  };
}

function specOf(config: ProviderConfig, pool: PoolConfig, nodeId: string): InstanceSpec {
  const labels = [...pool.labels.values()];
  const label = labels.find(({ image }) => image.kind === 'cloud-image') ?? labels[0];
  if (!label) throw new Error(`pool ${pool.name} has no label`);
  return {
    nodeId,
    idempotencyKey: instanceKey(INSTALLATION, config.name, nodeId),
    hostname: `nodepool-driver-test-${nodeId}`,
    pool,
    label,
    image: imageOf(config, label),
    az: pool.availabilityZones[0] ?? null,
    metadata: {
      nodepool_node_id: nodeId,
      nodepool_pool_name: pool.name,
      nodepool_provider_name: config.name,
      ...installationMark(INSTALLATION),
    },
  };
}

function imageOf(config: ProviderConfig, { image, name }: PoolLabelConfig): InstanceImage {
  if (!('name' in image)) return { kind: 'none' };
  if (image.kind === 'diskimage') throw new Error(`label ${name}: the first label for a test needs a cloud-image`);
  const known = config.cloudImages.get(image.name);
  const idOrName = known?.imageId ?? known?.imageName ?? image.name;
  return { kind: 'cloud-image', idOrName, byId: Boolean(known?.imageId), configDrive: known?.configDrive ?? null };
}
