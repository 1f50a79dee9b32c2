/** Loading and validating `nodepool.yaml` (spec BUILDER 1.1, 1.13). */
import { dirname } from 'node:path';
import type { NodepoolConfig } from '../../domain/config/config.js';
import type { ConfigProblem } from '../../domain/config/config-problem.js';
import { ConfigError } from '../../domain/config/config-problem.js';
import type {
  CloudFormats,
  DriverSchema,
  DriverSchemaFinding,
  DriverSchemaSource,
} from '../../domain/config/driver-schema.js';
import { EXEC_DRIVER, EXEC_SCHEMA } from '../../domain/config/exec-driver.js';
import { buildConfig } from './build-config.js';
import { driverOf, moduleOf } from './build-providers.js';
import type { ConfigFiles } from './config-files.js';
import { errorCode } from './config-files.js';
import { LibvirtDriverSchema } from './drivers/libvirt-driver-schema.js';
import { DEFAULT_IMAGE_FORMAT } from './drivers/provider-parts.js';
import type { FakeSettingsCheck } from './drivers/openstack-driver-schema.js';
import { OpenStackDriverSchema } from './drivers/openstack-driver-schema.js';
import { PluginDriverSchema } from './drivers/plugin-driver-schema.js';
import { StaticDriverSchema } from './drivers/static-driver-schema.js';
import type { FileContext, ParsedFile } from './parsed-file.js';
import { readParsedFile } from './parsed-file.js';
import { checkPlausibility } from './plausibility.js';
import { ProblemList } from './problem-list.js';
import type { ConfigReader } from './problem-list.js';
import { isRecord } from './value-kinds.js';

export interface LoadOptions extends FileContext {
  readonly path: string;
  /** The clouds that sections name, as they are in their files now; to be read through `files`, so that a change of theirs is noticed. */
  readonly clouds: (files: ConfigFiles) => Promise<CloudFormats>;
  readonly securePath?: string | null;
  /** Schemas of plug-ins; the built-in ones cannot be replaced. */
  readonly drivers?: readonly DriverSchema[];
  /** Where drivers are looked for that are not built in. */
  readonly plugins?: DriverSchemaSource;
  /** Default: who builds and launches. */
  readonly reader?: Exclude<ConfigReader, 'config-validate'>;
  /** What is wrong below the key `fake` of a provider. */
  readonly fakeSettings?: FakeSettingsCheck;
  /**
   * For who reads records and makes no machines: drivers from outside are not looked for and clouds.yaml is not read, so that neither
   * can be in the way. Providers with such drivers have a `problem` then.
   */
  readonly withoutDrivers?: boolean;
}

export interface LoadedConfig {
  readonly config: NodepoolConfig;
  /** What `validateConfig` would call errors, and lesser things. */
  readonly warnings: readonly ConfigProblem[];
}

/** As the daemons load it: lenient. @throws ConfigError with every error found */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const problems = new ProblemList(options.reader ?? 'all-in-one');
  const secure = options.securePath ? await readParsedFile(options.securePath, 'secure', options, problems) : null;
  const main = await readParsedFile(options.path, 'main', options, problems);
  if (!main) throw new ConfigError(problems.errors);
  const config = await understand(main, secure, options);
  await checkTlsFiles(config, secure, main, options);
  if (problems.errors.length > 0) throw new ConfigError(problems.errors);
  return { config, warnings: problems.warnings };
}

export interface ValidationResult {
  readonly errors: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/** As `nodepool config-validate` checks it: strict, without opening certificates, which may be on another machine. */
export async function validateConfig(options: LoadOptions): Promise<ValidationResult> {
  const problems = new ProblemList('config-validate');
  const secure = options.securePath ? await readParsedFile(options.securePath, 'secure', options, problems) : null;
  const main = await readParsedFile(options.path, 'main', options, problems);
  if (main) {
    const config = await understand(main, secure, options);
    await checkPlausibility(config, main, options);
    checkPlace(main, secure, problems);
  }
  return { errors: problems.errors, warnings: problems.warnings };
}

/** Servers may be in the secure file alone, which is looked into if it was named. */
function checkPlace(main: ParsedFile, secure: ParsedFile | null, problems: ProblemList): void {
  if ('store' in main.value) return;
  const lists = [main, secure].map((file) => file?.value['zookeeper-servers']).filter((list) => list !== undefined);
  const isEmpty = (list: unknown): boolean => Array.isArray(list) && list.length === 0;
  if (!lists.every(isEmpty)) return;
  if (lists.length > 0) return problems.add(main.path, null, 'zookeeper-servers is an empty list', 'error', PLACE_HINT);
  problems.add(main.path, null, 'neither zookeeper-servers nor store is there', 'error', PLACE_HINT);
}

const PLACE_HINT =
  'set zookeeper-servers for nodepool-launcher and nodepool-builder (or name the secure file that has them with -s), or store for nodepool-standalone';

async function understand(main: ParsedFile, secure: ParsedFile | null, options: LoadOptions): Promise<NodepoolConfig> {
  const clouds = options.withoutDrivers ? NO_CLOUDS : await options.clouds(options.files);
  const builtIn = [
    new OpenStackDriverSchema('openstack'),
    new OpenStackDriverSchema('fake', options.fakeSettings),
    new StaticDriverSchema(),
    new LibvirtDriverSchema(),
    new PluginDriverSchema({ name: EXEC_DRIVER, managesImages: true, configSchema: EXEC_SCHEMA }),
  ];
  const schemas: readonly DriverSchema[] = [...(options.drivers ?? []), ...builtIn];
  const drivers = new Map(schemas.map((schema) => [schema.driver, schema]));
  const found = await findPlugins(main.value['providers'], drivers, options);
  return buildConfig({ main, secure, clouds, drivers, found });
}

/** Says of no cloud that anything is wrong with it. */
const NO_CLOUDS: CloudFormats = {
  lookUp: () => ({ kind: 'found', imageFormat: DEFAULT_IMAGE_FORMAT, fingerprint: '', problems: [] }),
};

/** Looks for the drivers that sections name and that are not built in, each once. */
async function findPlugins(
  providers: unknown,
  builtIn: ReadonlyMap<string, DriverSchema>,
  { plugins, files, path, withoutDrivers }: LoadOptions,
): Promise<(driver: string, module: string | null) => DriverSchemaFinding | undefined> {
  if (withoutDrivers) return () => ({ kind: 'not-searched' });
  const found = new Map<string, DriverSchemaFinding>();
  const key = (driver: string, module: string | null): string => JSON.stringify([driver, module]);
  const watched: string[] = [];
  for (const entry of plugins && Array.isArray(providers) ? (providers as unknown[]) : []) {
    if (!plugins || !isRecord(entry)) continue;
    const driver = driverOf(String(entry['name']), entry);
    const module = moduleOf(entry);
    if (builtIn.has(driver) || found.has(key(driver, module))) continue;
    const watch = (file: string): void => void watched.push(file);
    found.set(key(driver, module), await plugins.find(driver, module, dirname(path), watch));
  }
  for (const file of watched) await files.watch?.(file);
  return (driver, module) => found.get(key(driver, module));
}

/** Better to hear of a missing certificate now than from failing connections. The secure file's values are not named. */
async function checkTlsFiles(
  config: NodepoolConfig,
  secure: ParsedFile | null,
  main: ParsedFile,
  options: LoadOptions,
): Promise<void> {
  const { tls } = config.zookeeper ?? { tls: null };
  if (tls === null) return;
  const fromSecure = isRecord(secure?.value['zookeeper-tls']);
  for (const key of ['cert', 'key', 'ca'] as const) {
    try {
      await options.files.read(tls[key]);
    } catch (error) {
      const named = fromSecure ? 'the file' : tls[key];
      const source = fromSecure && secure ? secure : main;
      source.problems.report(['zookeeper-tls', key], `${named} cannot be read (${errorCode(error)})`);
    }
  }
}
