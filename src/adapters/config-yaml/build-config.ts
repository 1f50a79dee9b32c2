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

/** The result is to be used only if no errors were reported to the files' problems. */
export function buildConfig({ main, secure, drivers, clouds, found }: BuildOptions): NodepoolConfig {
  const top = readSection(TopLevelSchema, main.value, main.problems);
  const hidden = secure && readSection(SecureSchema, secure.value, secure.problems, { ignoreUnknownKeys: true });
  const { value } = top;
  const labels = buildLabels(value.labels, sinkOf(top, main));
  const { images: plainImages, names } = buildDiskImages(value.diskImages, sinkOf(top, main));
  const images =
    secure && hidden
      ? withSecureVariables(plainImages, hidden.value.diskImages ?? [], secure.path, sinkOf(hidden, secure))
      : plainImages;
  const surroundings = { drivers, labels: new Set(labels.keys()), diskImages: names, clouds, found };
  const providers = buildProviders(value.providers, surroundings, below(main.problems, 'providers'));
  const leaseTokens = buildLeaseTokens(
    hidden?.value.leaseTokens,
    hidden && secure ? sinkOf(hidden, secure) : undefined,
  );
  const leaseApi = buildLeaseApi(value, leaseTokens.length > 0, below(main.problems, 'lease-api'));
  return {
    webapp: buildWebapp(value.webapp),
    ...buildDirectories(value),
    zookeeper: zookeeperOf(value, main, hidden?.value, secure),
    store: buildStore(value.store, { zookeeper: hasServers(value, hidden?.value), problems: main.problems }),
    maxHoldAge: value.maxHoldAge !== undefined && value.maxHoldAge > 0 ? value.maxHoldAge : Infinity,
    labels,
    diskImages: withProviderFormats(images, providers.values()),
    providers,
    tenantLimits: buildTenantLimits(value.tenantResourceLimits, below(main.problems, 'tenant-resource-limits')),
    ...(leaseApi ? { leaseApi } : {}),
    ...(leaseTokens.length > 0 ? { leaseTokens } : {}),
  };
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

/** Servers and TLS files come from the secure file if it has them. */
function zookeeperOf(
  top: TopLevelSchema,
  main: ParsedFile,
  hidden: SecureSchema | undefined,
  secure: ParsedFile | null,
): NodepoolConfig['zookeeper'] {
  const secureServers = secure && hidden?.zookeeperServers?.length ? hidden.zookeeperServers : undefined;
  const secureTls = secure ? hidden?.zookeeperTls : undefined;
  const problemsOf = (fromSecure: boolean): ProblemSink => (fromSecure && secure ? secure : main).problems;
  return buildZooKeeper(
    { value: secureServers ?? top.zookeeperServers, problems: problemsOf(secureServers !== undefined) },
    { value: secureTls ?? top.zookeeperTls, problems: problemsOf(secureTls !== undefined) },
    {
      timeout: top.zookeeperTimeout,
      sasl: (secure ? hidden?.zookeeperSasl : undefined) ?? top.zookeeperSasl,
      client: top.zookeeperClient,
    },
  );
}

function hasServers(top: TopLevelSchema, hidden: SecureSchema | undefined): boolean {
  return top.zookeeperServers !== undefined || hidden?.zookeeperServers !== undefined;
}

function sinkOf(read: ReadSection<unknown>, file: ParsedFile): (section: object) => ProblemSink {
  return (section) => below(file.problems, ...read.pathOf(section));
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
        mend: 'rename or remove one of them; the last one counts',
        severity: 'strict',
      });
    }
    labels.set(name, { name, minReady: schema.minReady ?? 0, maxReadyAge: schema.maxReadyAge ?? 0 });
  }
  return labels;
}
