/** The clouds of `clouds.yaml` and its companions, as plain values (spec BUILDER 6.1). Entries contain secrets: never log them. */
import { DEFAULT_CLOUD_IMAGE_FORMAT } from './build-cloud-access.js';
import type { CloudEntry } from './cloud-entry-reader.js';
import { isEntry, underscored } from './cloud-entry-reader.js';
import { CLOSED_VENDORS, VENDOR_PROFILES } from './vendor-profiles.js';

/** The parsed contents of the files; empty maps for files that do not exist. */
export interface CloudFileContents {
  readonly clouds: CloudEntry;
  /** Laid over `clouds`, level by level. */
  readonly secure: CloudEntry;
  /** Profiles of vendors, which go before those we know. */
  readonly publicClouds: CloudEntry;
}

type Environment = Readonly<Record<string, string | undefined>>;

export type ResolvedCloud =
  | {
      readonly kind: 'found';
      /** Vendor profile, cloud entry and region values merged in this order; dashes in keys are underscores. */
      readonly entry: CloudEntry;
      readonly region: string | null;
      readonly imageFormat: string;
      /** What is wrong with its profile; null = nothing. */
      readonly profileProblem: string | null;
    }
  /** With the names there are. */
  | { readonly kind: 'unknown-cloud'; readonly known: readonly string[] }
  | { readonly kind: 'unknown-region'; readonly regions: readonly string[] }
  /** There is one in the file and one in the environment. */
  | { readonly kind: 'ambiguous-cloud' };

/** @param region - the provider's `region-name`; null = the cloud's own or its first */
export function resolveCloud(
  files: CloudFileContents,
  env: Environment,
  name: string,
  region: string | null,
): ResolvedCloud {
  const entries = mapAt(commonSettings(files), 'clouds') ?? {};
  const own = mapAt(entries, name);
  const fromEnvironment = name === environmentName(env) ? environmentCloud(env) : undefined;
  if (own && fromEnvironment) return { kind: 'ambiguous-cloud' };
  const configured = own ?? fromEnvironment;
  if (!configured) return { kind: 'unknown-cloud', known: cloudNames(entries, env) };
  const cloud = underscored(configured);
  const { profile, problem } = profileOf(cloud, files.publicClouds);
  const regions = knownRegions(cloud, profile);
  if (region !== null && regions.length > 0 && !regions.some((known) => known.name === region)) {
    return { kind: 'unknown-region', regions: regions.map((known) => known.name) };
  }
  const chosen = regions.find((known) => known.name === region) ?? regions[0] ?? { name: region, values: {} };
  const entry = mergeDeep(mergeDeep(mergeDeep(profile, profileRegion(profile, chosen.name)), cloud), chosen.values);
  const imageFormat = textAt(entry, 'image_format') ?? DEFAULT_CLOUD_IMAGE_FORMAT;
  return { kind: 'found', entry, region: chosen.name, imageFormat, profileProblem: problem };
}

/** Everything in the files, `clouds` among it. */
export function commonSettings({ clouds, secure }: CloudFileContents): CloudEntry {
  return mergeDeep(clouds, secure);
}

function cloudNames(entries: CloudEntry, env: Environment): readonly string[] {
  return [...Object.keys(entries), ...(environmentCloud(env) ? [environmentName(env)] : [])];
}

interface ProfileLookup {
  readonly profile: CloudEntry;
  readonly problem: string | null;
}

function profileOf(cloud: CloudEntry, publicClouds: CloudEntry): ProfileLookup {
  const name = textAt(cloud, 'profile') ?? textAt(cloud, 'cloud');
  if (name === null) return { profile: {}, problem: null };
  const published = mapAt(publicClouds, 'public-clouds') ?? {};
  const found = mapAt(published, name) ?? mapAt(VENDOR_PROFILES, name);
  if (found) {
    // A profile may start from another one.
    const below = textAt(found, 'profile');
    const base = below === null ? {} : (mapAt(published, below) ?? mapAt(VENDOR_PROFILES, below) ?? {});
    return { profile: mergeDeep(underscored(base), underscored(found)), problem: null };
  }
  return { profile: {}, problem: unknownProfile(name, cloud) };
}

/** As long as the entry says itself where the cloud is, a profile that nobody knows does no harm. */
function unknownProfile(name: string, cloud: CloudEntry): string | null {
  if (CLOSED_VENDORS.includes(name)) return `profile: the cloud ${name} does not exist any more`;
  const auth = mapAt(cloud, 'auth') ?? {};
  if (textAt(auth, 'auth_url') ?? textAt(auth, 'auth-url') ?? textAt(cloud, 'auth_url')) return null;
  if (/^https?:\/\//.test(name)) {
    return 'profile: profiles are not fetched from the net; write auth.auth_url and what else is needed into the entry';
  }
  return `profile: ${name} is not known; known are ${Object.keys(VENDOR_PROFILES).join(', ')}`;
}

const NOT_A_CLOUD = /^OS_(CLOUD|REGION_NAME|CLIENT_CONFIG_FILE|CLIENT_SECURE_FILE|CLOUD_NAME|TEST.*|STD.*|LOG.*)$/;

function environmentName(env: Environment): string {
  return env['OS_CLOUD_NAME'] || 'envvars';
}

/** `OS_*` variables make a cloud of their own; those that only choose one are not enough for it. */
function environmentCloud(env: Environment): CloudEntry | undefined {
  const names = Object.keys(env).filter((key) => /^OS_(?!TEST|STD|LOG)/.test(key));
  if (!names.some((key) => !NOT_A_CLOUD.test(key))) return undefined;
  const values = names.map((key) => [key.slice('OS_'.length).toLowerCase(), env[key]] as const);
  return Object.fromEntries(values.filter(([key]) => key !== 'cloud' && key !== 'cloud_name'));
}

interface Region {
  readonly name: string | null;
  readonly values: CloudEntry;
}

interface NamedRegion extends Region {
  readonly name: string;
}

/** The cloud's own `regions`, else its `region_name`, else the vendor's. */
function knownRegions(cloud: CloudEntry, profile: CloudEntry): readonly NamedRegion[] {
  for (const source of [cloud, profile]) {
    const listed = regionList(source['regions']);
    if (listed.length > 0) return listed;
    const names = Array.isArray(source['region_name'])
      ? source['region_name']
      : textAt(source, 'region_name')?.split(',');
    const named = regionList(
      (names as unknown[] | undefined)?.map((name) => (typeof name === 'string' ? name.trim() : name)),
    );
    if (named.length > 0) return named;
  }
  return [];
}

/** What the vendor says of a region holds also if the cloud's own entry names the region. */
function profileRegion(profile: CloudEntry, name: string | null): CloudEntry {
  return regionList(profile['regions']).find((known) => known.name === name)?.values ?? {};
}

function regionList(value: unknown): readonly NamedRegion[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((region: unknown): NamedRegion[] => {
    if (typeof region === 'string') return region === '' ? [] : [{ name: region, values: {} }];
    const name = isEntry(region) ? region['name'] : undefined;
    if (!isEntry(region) || typeof name !== 'string') return [];
    return [{ name, values: underscored(mapAt(region, 'values') ?? {}) }];
  });
}

function mapAt(map: CloudEntry, key: string): CloudEntry | undefined {
  const value = Object.hasOwn(map, key) ? map[key] : undefined;
  return isEntry(value) ? value : undefined;
}

function textAt(map: CloudEntry, key: string): string | null {
  const value = Object.hasOwn(map, key) ? map[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : null;
}

function mergeDeep(base: CloudEntry, over: CloudEntry): CloudEntry {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isEntry(below) && isEntry(value) ? mergeDeep(below, value) : value);
  }
  return Object.fromEntries(merged);
}
