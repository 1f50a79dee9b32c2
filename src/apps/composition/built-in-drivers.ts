import { ExecDriver } from '../../adapters/exec-driver/exec-driver.js';
import { FakeClouds } from '../../adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../adapters/fake-cloud/fake-driver.js';
import { LibvirtDriver } from '../../adapters/libvirt/libvirt-driver.js';
import type { CloudDirectory } from '../../adapters/openstack/clouds/cloud-directory.js';
import { OpenStackDriver } from '../../adapters/openstack/openstack-driver.js';
import { StaticDriver } from '../../adapters/static/static-driver.js';
import { NodeChildPrograms } from '../../adapters/system/node-child-programs.js';
import type { Driver } from '../../ports/compute/driver.js';
import type { HostKeyScanner } from '../../ports/runtime/host-key-scan.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';
import { GuardedDriver } from '../plugins/containment/guarded-driver.js';

export interface DriverParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly scanner: HostKeyScanner;
  readonly clouds: CloudDirectory;
  readonly environment: Readonly<Record<string, string>>;
  /** Of Nodepool. */
  readonly version: string;
}

/** Every driver that Nodepool brings, each made once. */
export function builtInDrivers({
  clock,
  random,
  scanner,
  clouds,
  environment,
  version,
}: DriverParts): readonly Driver[] {
  const programs = new NodeChildPrograms();
  return [
    new FakeDriver(new FakeClouds(clock, random)),
    new StaticDriver(scanner),
    new OpenStackDriver(clouds, version),
    new LibvirtDriver(programs, environment, clock),
    // What its programs answer is as foreign as what packages do.
    new GuardedDriver(new ExecDriver(programs, environment)),
  ];
}
