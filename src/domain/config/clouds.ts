/** The clouds of `clouds.yaml` and its companions, as plain values (spec BUILDER 6.1). Entries contain secrets: never log them. */
type Entry = Readonly<Record<string, unknown>>;

/** The parsed contents of the files; empty maps for files that do not exist. */
export interface CloudFileContents {
  readonly clouds: Entry;
  /** Laid over `clouds`, level by level. */
  readonly secure: Entry;
  /** Profiles of vendors. */
  readonly publicClouds: Entry;
}

export type ResolvedCloud =
  | {
      readonly kind: 'found';
      /** Vendor profile, cloud entry and region values merged in this order; dashes in keys are underscores. */
      readonly entry: Entry;
      readonly region: string | null;
      readonly imageFormat: string;
    }
  | { readonly kind: 'unknown-cloud' }
  | { readonly kind: 'unknown-region'; readonly regions: readonly string[] };

const DEFAULT_IMAGE_FORMAT = 'qcow2';

/** @param region - the provider's `region-name`; null = the cloud's own or its first */
export function resolveCloud(
  files: CloudFileContents,
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  region: string | null,
): ResolvedCloud {
  const own = mapAt(mergeDeep(mapAt(files.clouds, 'clouds') ?? {}, mapAt(files.secure, 'clouds') ?? {}), name);
  const configured = own ?? environmentCloud(env, name);
  if (!configured) return { kind: 'unknown-cloud' };
  const merged = withProfile(underscored(configured), files.publicClouds);
  const regions = regionList(merged['regions']);
  if (region !== null && regions.length > 0 && !regions.some((known) => known.name === region)) {
    return { kind: 'unknown-region', regions: regions.map((known) => known.name) };
  }
  const wanted = region ?? textAt(merged, 'region_name') ?? regions[0]?.name ?? null;
  const entry = mergeDeep(merged, regions.find((known) => known.name === wanted)?.values ?? {});
  return { kind: 'found', entry, region: wanted, imageFormat: textAt(entry, 'image_format') ?? DEFAULT_IMAGE_FORMAT };
}

function withProfile(cloud: Entry, publicClouds: Entry): Entry {
  const name = textAt(cloud, 'profile') ?? textAt(cloud, 'cloud');
  const profile = name === null ? undefined : mapAt(mapAt(publicClouds, 'public-clouds') ?? {}, name);
  return mergeDeep(underscored(profile ?? {}), cloud);
}

const NOT_A_CLOUD = /^OS_(CLOUD|REGION_NAME|CLIENT_CONFIG_FILE|CLIENT_SECURE_FILE|CLOUD_NAME|TEST.*|STD.*|LOG.*)$/;

/** `OS_*` variables make a cloud of their own, named `envvars` or `$OS_CLOUD_NAME`. */
function environmentCloud(env: Readonly<Record<string, string | undefined>>, name: string): Entry | undefined {
  if (name !== (env['OS_CLOUD_NAME'] ?? 'envvars')) return undefined;
  const names = Object.keys(env).filter((key) => key.startsWith('OS_') && !NOT_A_CLOUD.test(key));
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((key) => [key.slice('OS_'.length).toLowerCase(), env[key]]));
}

interface Region {
  readonly name: string;
  readonly values: Entry;
}

function regionList(value: unknown): readonly Region[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((region: unknown): Region[] => {
    if (typeof region === 'string') return [{ name: region, values: {} }];
    const name = isEntry(region) ? region['name'] : undefined;
    if (!isEntry(region) || typeof name !== 'string') return [];
    return [{ name, values: underscored(mapAt(region, 'values') ?? {}) }];
  });
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapAt(map: Entry, key: string): Entry | undefined {
  const value = Object.hasOwn(map, key) ? map[key] : undefined;
  return isEntry(value) ? value : undefined;
}

function textAt(map: Entry, key: string): string | null {
  const value = Object.hasOwn(map, key) ? map[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : null;
}

function underscored(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => [key.replaceAll('-', '_'), value]));
}

function mergeDeep(base: Entry, over: Entry): Entry {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isEntry(below) && isEntry(value) ? mergeDeep(below, value) : value);
  }
  return Object.fromEntries(merged);
}
