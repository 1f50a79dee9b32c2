import path from 'node:path';
import { ExecDriver } from '../../adapters/exec-driver/exec-driver.js';
import type { DriverTestOrder, DriverTools } from '../../adapters/cli/session.js';
import { FileCloudDirectory } from '../../adapters/config-yaml/file-cloud-directory.js';
import { FakeClouds } from '../../adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../adapters/fake-cloud/fake-driver.js';
import { OpenStackDriver } from '../../adapters/openstack/openstack-driver.js';
import { SshHostKeyScanner } from '../../adapters/ssh/ssh-host-key-scanner.js';
import { StaticDriver } from '../../adapters/static/static-driver.js';
import { NodeChildPrograms } from '../../adapters/system/node-child-programs.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { SystemRandom } from '../../adapters/system/system-random.js';
import type { DriverSchema } from '../../domain/config/driver-schema.js';
import { DRIVER_API_VERSION } from '../../ports/compute/driver-api.js';
import type { Driver } from '../../ports/compute/driver.js';
import { GuardedDriver } from '../plugins/containment/guarded-driver.js';
import { driverLines, checkLines, leftBehindLines, sumLine } from '../plugins/driver-report.js';
import type { DriverRow } from '../plugins/driver-report.js';
import { testDriver } from '../plugins/driver-test.js';
import { ANY_DRIVER } from '../plugins/plugin-registry.js';
import { currentEnvironment } from './current-environment.js';
import { loadOptions, openPlugins } from './daemon.js';
import { packageVersion } from './version.js';

/** `nodepool drivers` and `nodepool driver-test`. */
export const driverTools: DriverTools = { list, test };

/** The file is not read: clouds are looked up when a provider starts. */
function builtInDrivers(configPath: string): readonly Driver[] {
  const clock = new SystemClock();
  const clouds = new FileCloudDirectory(loadOptions(configPath, null, currentEnvironment()));
  return [
    new GuardedDriver(new ExecDriver(new NodeChildPrograms(), currentEnvironment())),
    new FakeDriver(new FakeClouds(clock, new SystemRandom())),
    new OpenStackDriver(clouds, packageVersion()),
    new StaticDriver(new SshHostKeyScanner(clock)),
  ];
}

async function list(configPath: string): Promise<readonly string[]> {
  const plugins = openPlugins();
  const folder = path.dirname(path.resolve(configPath));
  const rows: DriverRow[] = builtInDrivers(configPath).map(({ name, capabilities }) => ({
    name,
    source: 'built-in',
    api: DRIVER_API_VERSION,
    capabilities,
  }));
  for (const name of plugins.installed(folder)) {
    const load = await plugins.load(name, null, folder);
    if (load.kind === 'loaded') {
      const { plugin, source } = load.loaded;
      rows.push({ name, source, api: plugin.apiVersion, capabilities: plugin.capabilities });
    } else if (load.kind === 'unusable') {
      const problem = `${load.problem}; ${load.mend}`;
      rows.push({ name, source: `nodepool-driver-${name}`, api: '', capabilities: undefined, problem });
    }
  }
  return driverLines(rows);
}

async function test(order: DriverTestOrder, print: (line: string) => void): Promise<boolean> {
  const { driver, schema, title } = await find(order);
  print(title);
  const environment = currentEnvironment();
  const results = await testDriver({
    driver,
    schema,
    load: (env) => loadOptions(order.configPath, null, { ...environment, ...env }),
    provider: order.provider,
    bench: order.bench,
    only: order.only,
    onResult: (result) => checkLines(result).forEach(print),
  });
  leftBehindLines(results).forEach(print);
  print(sumLine(results));
  return results.every(({ outcome, leftBehind }) => outcome.kind !== 'failed' && leftBehind.length === 0);
}

interface Tested {
  readonly driver: Driver;
  readonly schema: DriverSchema | undefined;
  readonly title: string;
}

async function find({ module, configPath }: DriverTestOrder): Promise<Tested> {
  const builtIn = builtInDrivers(configPath).find(({ name }) => name === module);
  if (builtIn) return { driver: builtIn, schema: undefined, title: `${module} (built-in, API ${DRIVER_API_VERSION})` };
  const load = await openPlugins().load(ANY_DRIVER, module, process.cwd());
  if (load.kind === 'unusable') throw new Error(`${load.problem}; ${load.mend}`);
  if (load.kind === 'missing') throw new Error(`there is no driver ${module}`);
  const { plugin, schema, source } = load.loaded;
  return {
    driver: plugin,
    schema,
    title: `${source} (driver ${plugin.name} ${plugin.version}, API ${plugin.apiVersion})`,
  };
}
