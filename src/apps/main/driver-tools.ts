import path from 'node:path';
import type { DriverTestOrder, DriverTools } from '../../adapters/cli/session.js';
import { FileCloudDirectory } from '../../adapters/openstack/clouds/cloud-directory.js';
import { SshHostKeyScanner } from '../../adapters/ssh/ssh-host-key-scanner.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { SystemRandom } from '../../adapters/system/system-random.js';
import type { DriverSchema } from '../../domain/config/driver-schema.js';
import { DRIVER_API_VERSION } from '../../ports/compute/driver-api.js';
import type { Driver } from '../../ports/compute/driver.js';
import { builtInDrivers } from '../composition/built-in-drivers.js';
import { driverLines, checkLines, leftBehindLines, sumLine } from '../plugins/driver-report.js';
import type { DriverRow } from '../plugins/driver-report.js';
import { testDriver } from '../plugins/driver-test.js';
import { ANY_DRIVER } from '../plugins/plugin-registry.js';
import { currentEnvironment } from './current-environment.js';
import { cloudSearch, loadOptions, openPlugins } from './load-options.js';
import { packageVersion } from './version.js';

/** `nodepool drivers` and `nodepool driver-test`. */
export const driverTools: DriverTools = { list, test };

/** The configuration is not read: clouds are looked up when a provider starts. */
function ownDrivers(): readonly Driver[] {
  const clock = new SystemClock();
  return builtInDrivers({
    clock,
    random: new SystemRandom(),
    scanner: new SshHostKeyScanner(clock),
    clouds: new FileCloudDirectory(cloudSearch(currentEnvironment())),
    environment: currentEnvironment(),
    version: packageVersion(),
  });
}

async function list(configPath: string): Promise<readonly string[]> {
  const plugins = openPlugins();
  const folder = path.dirname(path.resolve(configPath));
  // By name: in which order the container binds them is nobody's business.
  const own = [...ownDrivers()].sort((a, b) => a.name.localeCompare(b.name));
  const rows: DriverRow[] = own.map(({ name, capabilities }) => ({
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
      const problem = `${load.problem}; ${load.hint}`;
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

async function find({ module }: DriverTestOrder): Promise<Tested> {
  const builtIn = ownDrivers().find(({ name }) => name === module);
  if (builtIn) return { driver: builtIn, schema: undefined, title: `${module} (built-in, API ${DRIVER_API_VERSION})` };
  const load = await openPlugins().load(ANY_DRIVER, module, process.cwd());
  if (load.kind === 'unusable') throw new Error(`${load.problem}; ${load.hint}`);
  if (load.kind === 'missing') throw new Error(`there is no driver ${module}`);
  const { plugin, schema, source } = load.loaded;
  return {
    driver: plugin,
    schema,
    title: `${source} (driver ${plugin.name} ${plugin.version}, API ${plugin.apiVersion})`,
  };
}
