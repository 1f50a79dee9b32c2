/** Versions in addresses and in the documents that services show at their root. */
import type { JsonObject } from './api-call.js';
import { isObject, objectAt, objectsAt, textAt } from './json-fields.js';

export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
  /** As it stands in addresses: `v2.1`. */
  readonly segment: string;
  readonly href: string | null;
  readonly status: string;
  readonly maxMicroversion: string | null;
  readonly minMicroversion: string | null;
}

const VERSION_SEGMENT = /^v(\d+)(?:\.(\d+))?$/i;

/** The versions of a discovery document in any of its forms: a list, Keystone's `values`, or the one version asked for. */
export function readVersions(json: JsonObject): readonly ApiVersion[] {
  const listed = [
    ...objectsAt(json, 'versions'),
    ...objectsAt(objectAt(json, 'versions'), 'values'),
    ...(isObject(json['version']) ? [json['version']] : []),
  ];
  return listed.flatMap((entry) => readVersion(entry) ?? []);
}

function readVersion(entry: JsonObject): ApiVersion | undefined {
  const id = textAt(entry, 'id') ?? '';
  const numbers = /^v?(\d+)(?:\.(\d+))?/i.exec(id);
  if (!numbers) return undefined;
  const link = objectsAt(entry, 'links').find(({ rel }) => rel === 'self');
  const href = textAt(link, 'href');
  // Keystone's id is v3.14, its address ends in v3: the address knows better, if there is one.
  const segment = href === null ? null : (href.split('/').findLast((part) => VERSION_SEGMENT.test(part)) ?? null);
  return {
    major: Number(numbers[1]),
    minor: Number(numbers[2] ?? 0),
    segment: segment ?? (id.startsWith('v') ? id : `v${id}`),
    href,
    status: (textAt(entry, 'status') ?? 'CURRENT').toUpperCase(),
    maxMicroversion: textAt(entry, 'version') ?? textAt(entry, 'max_version'),
    minMicroversion: textAt(entry, 'min_version'),
  };
}

/** The newest version of a major one, experimental ones last. */
export function newestOf(versions: readonly ApiVersion[], major: number): ApiVersion | undefined {
  const usable = versions.filter((version) => version.major === major);
  const isStable = ({ status }: ApiVersion): boolean => /^(CURRENT|STABLE|SUPPORTED|DEPRECATED)$/.test(status);
  return usable.sort((a, b) => Number(isStable(b)) - Number(isStable(a)) || b.minor - a.minor)[0];
}

/** Whether some part of the path is a version. */
export function hasVersion(url: string): boolean {
  return pathOf(url).some((part) => VERSION_SEGMENT.test(part));
}

/** The address up to its version; without the project that may follow. */
export function versionRoot(url: string): string {
  const parts = url.split('/');
  const at = parts.findIndex((part, index) => index > 2 && VERSION_SEGMENT.test(part));
  return at < 0 ? url : parts.slice(0, at + 1).join('/');
}

/** The same address with another version. */
export function withVersion(url: string, segment: string): string {
  return url
    .split('/')
    .map((part, index) => (index > 2 && VERSION_SEGMENT.test(part) ? segment : part))
    .join('/');
}

export function majorOf(url: string): number | undefined {
  const segment = pathOf(url).find((part) => VERSION_SEGMENT.test(part));
  const major = segment === undefined ? undefined : VERSION_SEGMENT.exec(segment)?.[1];
  return major === undefined ? undefined : Number(major);
}

/**
 * Where a version is that was found below `base`. Behind proxies the documents often name a host, a port or a scheme that cannot be
 * reached from outside, or leave out a part of the path: only an address that begins with the one we asked is believed.
 */
export function versionUrl(base: string, version: ApiVersion): string {
  const root = withoutSlash(base);
  const href = version.href === null ? null : withoutSlash(version.href);
  return href?.startsWith(`${root}/`) ? href : `${root}/${version.segment}`;
}

export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function pathOf(url: string): readonly string[] {
  return url.split('/').slice(3);
}
