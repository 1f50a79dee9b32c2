import { ContainerModule } from 'inversify';
import { FakeAwareHostKeyScanner } from '../../adapters/fake-cloud/fake-aware-host-key-scanner.js';
import { FakeClouds } from '../../adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../adapters/fake-cloud/fake-driver.js';
import { OpenStackDriver } from '../../adapters/openstack/openstack-driver.js';
import { ExecDriver } from '../../adapters/exec-driver/exec-driver.js';
import { LibvirtDriver } from '../../adapters/libvirt/libvirt-driver.js';
import { StaticDriver } from '../../adapters/static/static-driver.js';
import { NodeChildPrograms } from '../../adapters/system/node-child-programs.js';
import { TracedDriver } from '../../adapters/tracing/traced-driver.js';
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
      const clouds = new FakeClouds(context.get(TOKENS.clock), context.get(TOKENS.random));
      const scanner = new FakeAwareHostKeyScanner(context.get(TOKENS.scanner));
      const programs = new NodeChildPrograms();
      const environment = context.get(TOKENS.environment);
      const exec = new ExecDriver(programs, environment);
      const builtIn: readonly Driver[] = [
        new FakeDriver(clouds),
        new StaticDriver(scanner),
        new OpenStackDriver(context.get(TOKENS.clouds), context.get(TOKENS.version)),
        new LibvirtDriver(programs, environment, context.get(TOKENS.clock)),
        // What its programs answer is as foreign as what packages do.
        new GuardedDriver(exec),
      ];
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
