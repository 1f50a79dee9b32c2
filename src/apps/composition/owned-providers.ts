import type { NodepoolConfig, ProviderConfig } from '../../domain/config/config.js';
import { sameValue } from '../../domain/config/value-equality.js';
import type { DriverContext, DriverRegistry } from '../../ports/compute/driver.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { Provider } from '../../ports/compute/provider.js';

const START_DEADLINE = 60;

interface OwnedProvider {
  readonly section: ProviderConfig | undefined;
  readonly provider: Promise<Provider>;
}

/** Provider objects for commands: made and started when first asked for, stopped at the end. */
export class OwnedProviders {
  private readonly started = new Map<string, OwnedProvider>();

  constructor(
    private readonly drivers: DriverRegistry,
    private readonly context: DriverContext,
    /** Reads the configuration once more, drivers included: commands that need none are not to be held up by one. */
    private readonly withDrivers: (() => Promise<NodepoolConfig>) | null = null,
  ) {}

  /** @throws ProviderError when the provider is not configured, has no driver or cannot be started */
  get(config: NodepoolConfig, name: string): Promise<Provider> {
    const section = config.providers.get(name);
    const known = this.started.get(name);
    if (known && sameValue(known.section?.settings, section?.settings)) return known.provider;
    // The configuration was read again, and says something else by now.
    void known?.provider.then((provider) => provider.stop()).catch(() => undefined);
    const provider = this.start(config, name);
    this.started.set(name, { section, provider });
    // What could not be started may be the next time.
    provider.catch(() => this.started.delete(name));
    return provider;
  }

  async stop(): Promise<void> {
    const all = await Promise.allSettled([...this.started.values()].map(({ provider }) => provider));
    await Promise.allSettled(all.map(async (each) => (each.status === 'fulfilled' ? each.value.stop() : undefined)));
  }

  private async start(config: NodepoolConfig, name: string): Promise<Provider> {
    const complete = this.withDrivers && config.providers.has(name) ? await this.withDrivers() : config;
    const section = complete.providers.get(name);
    if (!section) throw new ProviderError('configuration', `provider ${name} is not configured`);
    if (section.problem !== undefined) throw new ProviderError('configuration', section.problem);
    const driver = this.drivers.driver(section.driver);
    if (!driver) throw new ProviderError('configuration', `${section.driver}: unknown driver`);
    const provider = driver.createProvider(section, this.context);
    const deadline = new AbortController();
    const cancel = this.context.clock.schedule(START_DEADLINE, () =>
      deadline.abort(new ProviderError('transient', `provider ${name} did not start within ${START_DEADLINE} s`)),
    );
    try {
      await provider.start(deadline.signal);
    } finally {
      cancel();
    }
    return provider;
  }
}
