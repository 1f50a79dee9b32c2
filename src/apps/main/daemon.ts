import { Container } from 'inversify';
import type { ContainerModule } from 'inversify';
import { ConfigFile } from '../../adapters/config-yaml/config-file.js';
import { FileCloudDirectory } from '../../adapters/openstack/clouds/cloud-directory.js';
import type { LoadOptions } from '../../adapters/config-yaml/load-config.js';
import { loadConfig } from '../../adapters/config-yaml/load-config.js';
import type { PinoLogger } from '../../adapters/pino/pino-logger.js';
import { SystemHostIdentity } from '../../adapters/system/system-host-identity.js';
import { driversModule } from '../composition/drivers-module.js';
import { openMetrics } from '../composition/open-metrics.js';
import { recordsModule } from '../composition/records-module.js';
import { mustBeStarted } from '../composition/started-store.js';
import { systemModule } from '../composition/system-module.js';
import { telemetryModule } from '../composition/telemetry-module.js';
import { TOKENS } from '../composition/tokens.js';
import { currentEnvironment } from './current-environment.js';
import { cloudSearch, loadOptions, openPlugins } from './load-options.js';
import { openLog } from './open-log.js';
import type { LogOptions } from './open-log.js';
import type { Place } from './open-place.js';
import { openPlace } from './open-place.js';
import { packageVersion } from './version.js';

export interface ProcessOptions extends LogOptions {
  readonly configPath: string;
  readonly securePath: string | null;
  /** Where the records are: in ZooKeeper (the default), in the store of this machine, or in memory alone. */
  readonly place?: Place;
  readonly environment?: Readonly<Record<string, string>>;
  /** Drivers from outside are loaded only when a provider of theirs is asked for: the command line. */
  readonly driversWhenAsked?: boolean;
  /** Default: who does everything. What only others use does not keep a process from starting. */
  readonly reader?: LoadOptions['reader'];
}

/** One running process: its container, and how to end what was opened. */
export interface NodepoolProcess {
  readonly container: Container;
  readonly logger: PinoLogger;
  /** Ends the session and flushes metrics and log. Never rejects. */
  close(): Promise<void>;
}

/** Loads the configuration and puts the parts together; nothing runs yet but the connection to the store. */
export async function openProcess(
  options: ProcessOptions,
  modules: readonly ContainerModule[],
): Promise<NodepoolProcess> {
  const environment = options.environment ?? currentEnvironment();
  const logger = openLog(options);
  const container = new Container({ defaultScope: 'Singleton' });
  const plugins = openPlugins();
  const { reader = 'all-in-one' } = options;
  const reading = { ...loadOptions(options.configPath, options.securePath, environment, plugins), reader };
  const withoutDrivers = options.driversWhenAsked === true;
  const config = await ConfigFile.open({ ...reading, withoutDrivers }, logger.child('config'));
  const metrics = openMetrics(environment, config, logger);
  const host = await SystemHostIdentity.detect();
  const place = await openPlace(options.place ?? 'zookeeper', config.current, logger, environment);
  container.load(
    systemModule({ host, environment, version: packageVersion() }),
    telemetryModule(logger, metrics),
    place.module,
    recordsModule(),
    driversModule({ plugins, withDrivers: withoutDrivers ? async () => (await loadConfig(reading)).config : null }),
    ...modules,
  );
  container.bind(TOKENS.config).toConstantValue(config);
  container.bind(TOKENS.clouds).toConstantValue(new FileCloudDirectory(cloudSearch(environment)));
  const store = container.get(TOKENS.store);
  if (mustBeStarted(store)) await store.start();
  const closeAll = async (): Promise<void> => {
    await container.get(TOKENS.records).close();
    await store.close();
    await place.close();
    await metrics.close();
    logger.close();
  };
  return { container, logger, close: closeAll };
}
