import { isEntry, underscored, type CloudEntry } from './cloud-entry-reader.js';
import { mapAt, textAt } from './entry-values.js';

interface Region {
  readonly name: string;
  readonly values: CloudEntry;
}

/** The cloud's own `regions`, else its `region_name`, else the vendor's. */
export function knownRegions(cloud: CloudEntry, profile: CloudEntry): readonly Region[] {
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
export function profileRegion(profile: CloudEntry, name: string | null): CloudEntry {
  return regionList(profile['regions']).find((known) => known.name === name)?.values ?? {};
}

function regionList(value: unknown): readonly Region[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((region: unknown): Region[] => {
    if (typeof region === 'string') return region === '' ? [] : [{ name: region, values: {} }];
    const name = isEntry(region) ? region['name'] : undefined;
    if (!isEntry(region) || typeof name !== 'string') return [];
    return [{ name, values: underscored(mapAt(region, 'values') ?? {}) }];
  });
}
