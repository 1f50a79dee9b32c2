import type { ProviderConfig } from '../../../domain/config/config.js';
import { secretValues } from '../../../domain/config/driver-config-schema.js';
import type { DriverPlugin } from '../../../ports/compute/driver-api.js';
import type { Driver, DriverCapabilities, DriverContext } from '../../../ports/compute/driver.js';
import { ProviderError } from '../../../ports/compute/errors.js';
import type { Provider } from '../../../ports/compute/provider.js';
import { Allowance, DriverMetrics } from './allowance.js';
import { CallGuard } from './call-guard.js';
import { asDriverCode } from './driver-code.js';
import { DriverFaults } from './driver-faults.js';
import { GuardedProvider } from './guarded-provider.js';
import { DriverLogger, Secrets } from './secrets.js';

const METHODS = [
  'start',
  'stop',
  'labelReady',
  'resourcesOf',
  'limits',
  'availabilityZones',
  'create',
  'waitUntilRunning',
  'delete',
  'list',
  'consoleLog',
] as const;

/** A driver from outside: each of its providers is behind a guard of its own, and none can harm the others. */
export class GuardedDriver implements Driver {
  readonly name: string;
  readonly apiVersion: string;
  readonly capabilities: DriverCapabilities;

  constructor(private readonly plugin: DriverPlugin) {
    this.name = plugin.name;
    this.apiVersion = plugin.apiVersion;
    this.capabilities = { ...plugin.capabilities };
  }

  createProvider(config: ProviderConfig, context: DriverContext): Provider {
    const { clock, logger, metrics } = context;
    const faults = new DriverFaults(this.name, config.name, clock, logger, metrics);
    const secrets = new Secrets(this.secretsOf(config));
    const own: DriverContext = {
      ...context,
      logger: new DriverLogger(
        logger,
        secrets,
        new Allowance(clock, () => faults.note('flooded', 'logger', 'writes more lines than it may; some are dropped')),
      ),
      metrics: new DriverMetrics(metrics, () => faults.note('flooded', 'metrics', 'makes more names than it may')),
    };
    const provider = this.make(config, own, faults, secrets);
    return new GuardedProvider(provider, new CallGuard(clock, faults, secrets), config, this.capabilities.images);
  }

  private make(config: ProviderConfig, context: DriverContext, faults: DriverFaults, secrets: Secrets): Provider {
    let provider: unknown;
    try {
      provider = asDriverCode(faults, 'createProvider', () => this.plugin.createProvider(config, context));
    } catch (error) {
      faults.note('threw', 'createProvider', 'throws');
      const words = secrets.hideIn(error instanceof Error ? error.message : `${typeof error} thrown`);
      throw new ProviderError('configuration', `driver ${this.name}: createProvider failed: ${words}`);
    }
    const missing = METHODS.filter((name) => typeof (provider as Partial<Provider> | null)?.[name] !== 'function');
    if (missing.length === 0) return provider as Provider;
    faults.note('nonsense', 'createProvider', `answers an object without ${missing.join(', ')}`);
    throw new ProviderError(
      'configuration',
      `driver ${this.name}: createProvider answered an object without ${missing.join(', ')}`,
    );
  }

  private secretsOf({ settings, pools }: ProviderConfig): readonly string[] {
    const all = [...pools.values()];
    return secretValues(this.plugin.configSchema, {
      provider: settings,
      pools: all.map((pool) => pool.settings),
      labels: all.flatMap((pool) => [...pool.labels.values()].map((label) => label.settings)),
    });
  }
}
