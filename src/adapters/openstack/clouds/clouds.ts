/** The clouds of `clouds.yaml` and its companions, as plain values (spec BUILDER 6.1). Entries contain secrets: never log them. */
import { DEFAULT_CLOUD_IMAGE_FORMAT } from './build-cloud-access.js';
import type { CloudEntry } from './cloud-entry-reader.js';
import { underscored } from './cloud-entry-reader.js';
import { profileOf } from './cloud-profile.js';
import { knownRegions, profileRegion } from './cloud-regions.js';
import { mapAt, mergeDeep, textAt } from './entry-values.js';

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
  return inRegion(underscored(configured), files.publicClouds, region);
}

function inRegion(cloud: CloudEntry, publicClouds: CloudEntry, region: string | null): ResolvedCloud {
  const { profile, problem } = profileOf(cloud, publicClouds);
  const regions = knownRegions(cloud, profile);
  const named = regions.find(({ name }) => name === region);
  if (region !== null && regions.length > 0 && !named) {
    return { kind: 'unknown-region', regions: regions.map(({ name }) => name) };
  }
  const chosen = named ?? regions[0] ?? { name: region, values: {} };
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
