/** From parsed files to the configuration, in the order in which the parts depend on each other (spec BUILDER 1.1). */
import type { LabelConfig, NodepoolConfig } from '../../domain/config/config.js';
import type {
  CloudFormats,
  DriverSchema,
  DriverSchemaFinding,
  ProblemSink,
} from '../../domain/config/driver-schema.js';
import { buildDiskImages, withProviderFormats, withSecureVariables } from './build-disk-images.js';
import { buildLeaseApi, buildLeaseTokens } from './build-lease-api.js';
import { buildProviders } from './build-providers.js';
import { buildStore } from './build-store.js';
import { buildTenantLimits } from './build-tenant-limits.js';
import { buildZooKeeper } from './build-zookeeper.js';
import type { ParsedFile } from './parsed-file.js';
import { below } from './problem-list.js';
import type { ReadSection } from './read-section.js';
import { readSection } from './read-section.js';
import type { LabelSchema, WebappSchema } from './schemas/top-level.schema.js';
import { SecureSchema, TopLevelSchema } from './schemas/top-level.schema.js';

const MEBIBYTE = 1024 ** 2;

export interface BuildOptions {
  readonly main: ParsedFile;
  /** Null if there is none, or an empty one. */
  readonly secure: ParsedFile | null;
  readonly drivers: ReadonlyMap<string, DriverSchema>;
  readonly clouds: CloudFormats;
  readonly found: (driver: string, module: string | null) => DriverSchemaFinding | undefined;
}

/** A file's section as it was read, and where to report what is wrong with a part of it. */
interface ReadFile<T> {
  readonly path: string;
  readonly value: T;
  readonly problems: ProblemSink;
  readonly problemsOf: (section: object) => ProblemSink;
}

/** The result is to be used only if no errors were reported to the files' problems. */
export function buildConfig({ main, secure, drivers, clouds, found }: BuildOptions): NodepoolConfig {
  const top = readFile(main, readSection(TopLevelSchema, main.value, main.problems));
  const hidden = secure && readSecure(secure);
  const { value } = top;
  const labels = buildLabels(value.labels, top.problemsOf);
  const { images: own, names } = buildDiskImages(value.diskImages, top.problemsOf);
  const images = hidden ? withSecureVariables(own, hidden.value.diskImages ?? [], hidden.path, hidden.problemsOf) : own;
  const context = { drivers, labels: new Set(labels.keys()), diskImages: names, clouds, found };
  const providers = buildProviders(value.providers, context, below(main.problems, 'providers'));
  const leaseTokens = buildLeaseTokens(hidden?.value.leaseTokens, hidden?.problemsOf);
  const leaseApi = buildLeaseApi(value, leaseTokens.length > 0, below(main.problems, 'lease-api'));
  return {
    webapp: buildWebapp(value.webapp),
    ...buildDirectories(value),
    zookeeper: zookeeperOf(top, hidden),
    store: buildStore(value.store, { zookeeper: hasServers(value, hidden?.value), problems: main.problems }),
    maxHoldAge: holdAge(value.maxHoldAge),
    labels,
    diskImages: withProviderFormats(images, providers.values()),
    providers,
    tenantLimits: buildTenantLimits(value.tenantResourceLimits, below(main.problems, 'tenant-resource-limits')),
    ...(leaseApi ? { leaseApi } : {}),
    ...(leaseTokens.length > 0 ? { leaseTokens } : {}),
  };
}

function readSecure(file: ParsedFile): ReadFile<SecureSchema> {
  return readFile(file, readSection(SecureSchema, file.value, file.problems, { ignoreUnknownKeys: true }));
}

function readFile<T>({ path, problems }: ParsedFile, read: ReadSection<T>): ReadFile<T> {
  return { path, problems, value: read.value, problemsOf: (section) => below(problems, ...read.pathOf(section)) };
}

/** Seconds; what is not positive holds for ever. */
function holdAge(seconds: number | undefined): number {
  return seconds !== undefined && seconds > 0 ? seconds : Infinity;
}

function buildWebapp(webapp: WebappSchema | undefined): NodepoolConfig['webapp'] {
  const builderPort = webapp?.builderPort;
  return {
    port: webapp?.port ?? 8005,
    listenAddress: webapp?.listenAddress ?? '0.0.0.0',
    ...(builderPort === undefined ? {} : { builderPort }),
  };
}

function buildDirectories(
  top: TopLevelSchema,
): Pick<NodepoolConfig, 'elementsDir' | 'imagesDir' | 'imagesMinFree' | 'buildLogDir' | 'buildLogRetention'> {
  return {
    elementsDir: top.elementsDir ?? null,
    imagesDir: top.imagesDir ?? null,
    ...(top.imagesMinFree === undefined ? {} : { imagesMinFree: top.imagesMinFree * MEBIBYTE }),
    buildLogDir: top.buildLogDir ?? '/var/log/nodepool/builds',
    buildLogRetention: top.buildLogRetention ?? 7,
  };
}

/** Servers, TLS files and credentials come from the secure file if it has them. */
function zookeeperOf(
  main: ReadFile<TopLevelSchema>,
  secure: ReadFile<SecureSchema> | null,
): NodepoolConfig['zookeeper'] {
  const top = main.value;
  const hidden = secure?.value;
  const preferred = <T>(
    secret: T | undefined,
    plain: T | undefined,
  ): { value: T | undefined; problems: ProblemSink } =>
    secret === undefined || !secure
      ? { value: plain, problems: main.problems }
      : { value: secret, problems: secure.problems };
  const servers = hidden?.zookeeperServers?.length ? hidden.zookeeperServers : undefined;
  return buildZooKeeper(preferred(servers, top.zookeeperServers), preferred(hidden?.zookeeperTls, top.zookeeperTls), {
    timeout: top.zookeeperTimeout,
    sasl: preferred(hidden?.zookeeperSasl, top.zookeeperSasl).value,
    client: top.zookeeperClient,
  });
}

function hasServers(top: TopLevelSchema, hidden: SecureSchema | undefined): boolean {
  return top.zookeeperServers !== undefined || hidden?.zookeeperServers !== undefined;
}

function buildLabels(
  schemas: readonly LabelSchema[] | undefined,
  problemsOf: (label: object) => ProblemSink,
): ReadonlyMap<string, LabelConfig> {
  const labels = new Map<string, LabelConfig>();
  for (const schema of schemas ?? []) {
    const { name } = schema;
    if (name === undefined) continue;
    if (labels.has(name)) {
      problemsOf(schema).report(['name'], `label ${name} already defined`, {
        hint: 'rename or remove one of them; the last one counts',
        severity: 'strict',
      });
    }
    labels.set(name, { name, minReady: schema.minReady ?? 0, maxReadyAge: schema.maxReadyAge ?? 0 });
  }
  return labels;
}
