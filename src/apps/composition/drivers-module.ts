import { ContainerModule } from 'inversify';
import { FakeAwareHostKeyScanner } from '../../adapters/fake-cloud/fake-aware-host-key-scanner.js';
import { TracedDriver } from '../../adapters/tracing/traced-driver.js';
import type { NodepoolConfig } from '../../domain/config/config.js';
import type { Driver, DriverRegistry } from '../../ports/compute/driver.js';
import { builtInDrivers } from './built-in-drivers.js';
import { OwnedProviders } from './owned-providers.js';
import { TOKENS } from './tokens.js';

export interface DriversModuleOptions {
  readonly plugins: DriverRegistry;
  /** See `OwnedProviders`. */
  readonly withDrivers?: (() => Promise<NodepoolConfig>) | null;
}

/** One for each driver, however often it is asked for. */
function tracedDrivers(find: (name: string) => Driver | undefined): DriverRegistry['driver'] {
  const traced = new Map<Driver, TracedDriver>();
  return (name) => {
    const driver = find(name);
    if (!driver) return undefined;
    const known = traced.get(driver) ?? new TracedDriver(driver);
    traced.set(driver, known);
    return known;
  };
}

/** The built-in drivers and those from outside, and the provider objects of this process. */
export function driversModule({ plugins, withDrivers = null }: DriversModuleOptions): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.drivers).toDynamicValue((context) => {
      const builtIn = builtInDrivers({
        clock: context.get(TOKENS.clock),
        random: context.get(TOKENS.random),
        scanner: new FakeAwareHostKeyScanner(context.get(TOKENS.scanner)),
        clouds: context.get(TOKENS.clouds),
        environment: context.get(TOKENS.environment),
        version: context.get(TOKENS.version),
      });
      const byName = new Map(builtIn.map((driver) => [driver.name, driver]));
      const found = (name: string): Driver | undefined => byName.get(name) ?? plugins.driver(name);
      const traces = context.get(TOKENS.logger).child('provider').debugs === true;
      return { driver: traces ? tracedDrivers(found) : found };
    });
    bind(TOKENS.providers).toDynamicValue(
      (context) =>
        new OwnedProviders(
          context.get(TOKENS.drivers),
          {
            clock: context.get(TOKENS.clock),
            random: context.get(TOKENS.random),
            logger: context.get(TOKENS.logger).child('provider'),
            metrics: context.get(TOKENS.metrics),
          },
          withDrivers,
        ),
    );
  });
}
