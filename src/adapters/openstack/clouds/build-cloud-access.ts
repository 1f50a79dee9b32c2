/** From an entry of `clouds.yaml` to what a driver needs (spec BUILDER 6.1). */
import { DEFAULT_SDK_PREFIX } from '../../../domain/metrics/task-metrics.js';
import type { CacheExpiration, CloudAccess, CloudTls } from './cloud-access.js';
import { readCloudAuth } from './cloud-auth.js';
import type { CloudEntry } from './cloud-entry-reader.js';
import { CloudEntryReader } from './cloud-entry-reader.js';
import { readCloudNetworks } from './cloud-networks.js';
import { proxiesFromEnvironment } from './cloud-proxies.js';
import { readCloudServices } from './cloud-services.js';

/** What stands beside `clouds` in the file, and in the environment, and counts for all of them. */
export interface CloudsContext {
  /** Keys `cache`, `client`, `metrics`. */
  readonly common: CloudEntry;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const DEFAULT_CLOUD_IMAGE_FORMAT = 'qcow2';
/** Seconds. */
const EXPIRATION_WITH_CACHE = 5;

export type CloudAccessResult =
  | { readonly access: CloudAccess; readonly problems: readonly [] }
  /** Each names its key; none holds a secret. */
  | { readonly access: null; readonly problems: readonly string[] };

export function buildCloudAccess(
  name: string,
  region: string | null,
  entry: CloudEntry,
  { common, env }: CloudsContext,
): CloudAccessResult {
  const problems: string[] = [];
  const reader = new CloudEntryReader({ ...entry, region_name: region }, problems);
  const commonReader = new CloudEntryReader(common, problems);
  const auth = readCloudAuth(reader);
  const access = {
    name,
    region,
    services: readCloudServices(reader),
    tls: readTls(reader),
    proxies: proxiesFromEnvironment(env),
    apiTimeout: positive(reader.seconds('api_timeout')),
    networks: readCloudNetworks(reader),
    imageFormat: reader.text('image_format') ?? DEFAULT_CLOUD_IMAGE_FORMAT,
    imageApiUseTasks: reader.boolean('image_api_use_tasks', false),
    floatingIpSource: reader.source('floating_ip_source'),
    securityGroupSource: reader.source('secgroup_source'),
    private: reader.boolean('private', false),
    forceIpv4: readForceIpv4(reader, commonReader, env),
    cacheExpiration: readCacheExpiration(reader, commonReader),
    disableVendorAgent: readTexts(reader.map('disable_vendor_agent')),
    sdkMetricsPrefix: readMetricsPrefix(reader, commonReader, env),
  };
  if (!auth || problems.length > 0) return { access: null, problems: [...new Set(problems)] };
  return { access: { ...access, auth }, problems: [] };
}

function readTls(reader: CloudEntryReader): CloudTls {
  // `verify` may also be the path of a bundle, as the library below the SDK has it.
  const written = reader.entry['verify'];
  const bundle = typeof written === 'string' && written.includes('/') ? written : null;
  const verify = bundle !== null || reader.boolean('verify', true);
  const cert = reader.text('cert');
  if (cert === null && reader.text('key') !== null) reader.problem('key', 'there is no cert to go with it');
  return {
    verify: verify && !reader.boolean('insecure', false),
    cacert: reader.text('cacert') ?? bundle,
    cert,
    key: reader.text('key'),
  };
}

function readForceIpv4(reader: CloudEntryReader, common: CloudEntryReader, env: CloudsContext['env']): boolean {
  const environment = new CloudEntryReader(env, reader.problems);
  const client = common.map('client');
  const broken = client.boolean('broken_ipv6', false);
  const forced = environment.boolean('OS_FORCE_IPV4', client.boolean('force_ipv4', broken));
  const preferred = environment.boolean('OS_PREFER_IPV6', client.boolean('prefer_ipv6', true));
  return reader.boolean('force_ipv4', forced || !preferred) || !reader.boolean('prefer_ipv6', true);
}

/** An entry may have a `cache` of its own, which goes before the common one. */
function readCacheExpiration(reader: CloudEntryReader, common: CloudEntryReader): CacheExpiration {
  const own = typeof reader.entry['cache'] === 'object' ? reader.map('cache') : new CloudEntryReader({}, []);
  const shared = common.map('cache');
  const isConfigured = [own, shared].some(({ entry }) => Object.keys(entry).length > 0);
  const ownTimes = own.map('expiration');
  const sharedTimes = shared.map('expiration');
  const seconds = (key: string): number =>
    ownTimes.seconds(key) ?? sharedTimes.seconds(key) ?? (isConfigured ? EXPIRATION_WITH_CACHE : 0);
  return { server: seconds('server'), port: seconds('port'), floatingIp: seconds('floating_ip') };
}

function readTexts(reader: CloudEntryReader): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(reader.entry)) {
    if (['string', 'number', 'boolean'].includes(typeof value)) texts[key] = pythonText(value as string);
    else reader.problem(key, 'expected a text');
  }
  return texts;
}

/** Unquoted truth values reach the cloud as Python writes them. */
function pythonText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

/** Whoever has told the SDK where to send its metrics gets them here, too, under the names it uses. */
function readMetricsPrefix(
  reader: CloudEntryReader,
  common: CloudEntryReader,
  env: CloudsContext['env'],
): string | null {
  const own = reader.map('metrics').map('statsd');
  const shared = common.map('metrics').map('statsd');
  if (![own, shared].some(({ entry }) => Object.keys(entry).length > 0)) return null;
  return own.text('prefix') ?? shared.text('prefix') ?? (env['STATSD_PREFIX'] || DEFAULT_SDK_PREFIX);
}

function positive(seconds: number | null): number | null {
  return seconds !== null && seconds > 0 ? seconds : null;
}
