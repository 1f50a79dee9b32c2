import { ContainerModule } from 'inversify';
import { FakeAwareHostKeyScanner } from '../../adapters/fake-cloud/fake-aware-host-key-scanner.js';
import { FakeClouds } from '../../adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../adapters/fake-cloud/fake-driver.js';
import { OpenStackDriver } from '../../adapters/openstack/openstack-driver.js';
import { ExecDriver } from '../../adapters/exec-driver/exec-driver.js';
import { StaticDriver } from '../../adapters/static/static-driver.js';
import { NodeChildPrograms } from '../../adapters/system/node-child-programs.js';
import type { NodepoolConfig } from '../../domain/config/config.js';
import type { Driver, DriverRegistry } from '../../ports/compute/driver.js';
import { GuardedDriver } from '../plugins/containment/guarded-driver.js';
import { OwnedProviders } from './owned-providers.js';
import { TOKENS } from './tokens.js';

export interface DriversModuleOptions {
  readonly plugins: DriverRegistry;
  /** See `OwnedProviders`. */
  readonly withDrivers?: (() => Promise<NodepoolConfig>) | null;
}

/** The built-in drivers and those from outside, and the provider objects of this process. */
export function driversModule({ plugins, withDrivers = null }: DriversModuleOptions): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.drivers).toDynamicValue((context) => {
      const clouds = new FakeClouds(context.get(TOKENS.clock), context.get(TOKENS.random));
      const scanner = new FakeAwareHostKeyScanner(context.get(TOKENS.scanner));
      const exec = new ExecDriver(new NodeChildPrograms(), context.get(TOKENS.environment));
      const builtIn: readonly Driver[] = [
        new FakeDriver(clouds),
        new StaticDriver(scanner),
        new OpenStackDriver(context.get(TOKENS.clouds), context.get(TOKENS.version)),
        // What its programs answer is as foreign as what packages do.
        new GuardedDriver(exec),
      ];
      const byName = new Map(builtIn.map((driver) => [driver.name, driver]));
      return { driver: (name) => byName.get(name) ?? plugins.driver(name) };
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
