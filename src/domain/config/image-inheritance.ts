/** Disk images that inherit from others (spec BUILDER 1.4). */
import type { DiskImageConfig } from './config.js';

/** One entry of `diskimages` as written; undefined = not given. */
export interface DiskImageEntry {
  readonly name: string;
  readonly parent?: string | undefined;
  readonly abstract?: boolean | undefined;
  readonly elements?: readonly string[] | undefined;
  readonly release?: string | undefined;
  readonly rebuildAge?: number | undefined;
  readonly envVars?: Readonly<Record<string, string>> | undefined;
  readonly formats?: readonly string[] | undefined;
  readonly pause?: boolean | undefined;
  readonly username?: string | undefined;
  readonly buildTimeout?: number | undefined;
  readonly pythonPath?: string | undefined;
  readonly shellType?: string | undefined;
  readonly dibCmd?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly deleteAfterUpload?: boolean | undefined;
  readonly keepFormats?: readonly string[] | undefined;
}

export type Lineage =
  /** From the root parent down to the entry itself. */
  | { readonly kind: 'complete'; readonly entries: readonly DiskImageEntry[] }
  /** `child` names a parent that does not exist. */
  | { readonly kind: 'missing-parent'; readonly child: string; readonly parent: string }
  /** `names` in order, the first again at the end. */
  | { readonly kind: 'loop'; readonly names: readonly string[] };

export function lineage(entry: DiskImageEntry, entries: ReadonlyMap<string, DiskImageEntry>): Lineage {
  const line: DiskImageEntry[] = [entry];
  const seen = new Set([entry.name]);
  for (let child = entry; child.parent;) {
    const parent = entries.get(child.parent);
    if (!parent) return { kind: 'missing-parent', child: child.name, parent: child.parent };
    if (seen.has(parent.name)) {
      const names = line.map(({ name }) => name);
      return { kind: 'loop', names: [...names.slice(names.indexOf(parent.name)), parent.name] };
    }
    seen.add(parent.name);
    line.push(parent);
    child = parent;
  }
  return { kind: 'complete', entries: line.reverse() };
}

export const DISK_IMAGE_DEFAULTS: Omit<DiskImageConfig, 'name'> = {
  elements: [],
  release: '',
  rebuildAge: 86_400,
  envVars: {},
  formats: [],
  pause: false,
  username: 'zuul',
  buildTimeout: 28_800,
  pythonPath: 'auto',
  shellType: null,
  dibCmd: 'disk-image-create',
  metadata: {},
  deleteAfterUpload: false,
  keepFormats: [],
};

/** The last entry of the line with all it inherits. `formats` are the configured ones only. */
export function mergeLineage(entries: readonly DiskImageEntry[]): DiskImageConfig {
  let merged: DiskImageConfig = { name: '', ...DISK_IMAGE_DEFAULTS };
  for (const entry of entries) merged = overlay(merged, entry);
  return merged;
}

/**
 * Scalars are replaced by truthy values only, as in the original: a child cannot reset `pause: true` to false. Unlike there, a
 * child without `metadata` keeps its parent's.
 */
function overlay(base: DiskImageConfig, entry: DiskImageEntry): DiskImageConfig {
  return {
    name: entry.name,
    elements: [...base.elements, ...(entry.elements ?? [])],
    release: entry.release || base.release,
    rebuildAge: entry.rebuildAge || base.rebuildAge,
    envVars: { ...base.envVars, ...entry.envVars },
    formats: nonEmpty(entry.formats) ?? base.formats,
    pause: entry.pause || base.pause,
    username: entry.username || base.username,
    buildTimeout: entry.buildTimeout || base.buildTimeout,
    pythonPath: entry.pythonPath || base.pythonPath,
    shellType: entry.shellType || base.shellType,
    dibCmd: entry.dibCmd || base.dibCmd,
    metadata: { ...base.metadata, ...entry.metadata },
    deleteAfterUpload: entry.deleteAfterUpload ?? base.deleteAfterUpload,
    keepFormats: nonEmpty(entry.keepFormats) ?? base.keepFormats,
  };
}

function nonEmpty(list: readonly string[] | undefined): readonly string[] | undefined {
  return list && list.length > 0 ? list : undefined;
}

/** DIB formats when neither the image nor a provider asks for any, as in 3.x. */
const FALLBACK_FORMAT = 'qcow2';

/** The configured formats plus those that providers need, sorted. */
export function withFormats(image: DiskImageConfig, needed: Iterable<string>): DiskImageConfig {
  const formats = new Set([...image.formats, ...needed]);
  if (formats.size === 0) formats.add(FALLBACK_FORMAT);
  return { ...image, formats: [...formats].sort() };
}
