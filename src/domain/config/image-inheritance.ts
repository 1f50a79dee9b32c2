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

/** What became of an entry and its parents. */
export type Inheritance =
  | { readonly kind: 'complete'; readonly image: DiskImageConfig }
  /** `child` names a parent that does not exist. */
  | { readonly kind: 'missing-parent'; readonly child: string; readonly parent: string }
  /** `names` from its own on, if it is in the loop itself, the first again at the end; those between are left out if there are many. */
  | { readonly kind: 'loop'; readonly names: readonly string[] };

/** Each entry with all it inherits. Every entry is looked at once, however long the lines are. `formats` are the configured ones only. */
export function inheritAll(entries: ReadonlyMap<string, DiskImageEntry>): ReadonlyMap<string, Inheritance> {
  const done = new Map<string, Inheritance>();
  for (const entry of entries.values()) {
    const line = unfinishedLine(entry, entries, done);
    const top = line.at(-1);
    if (top) settle(line, whatIsAbove(top, line, entries, done), done);
  }
  return done;
}

/** From an entry upwards, as far as nothing is known yet. */
function unfinishedLine(
  entry: DiskImageEntry,
  entries: ReadonlyMap<string, DiskImageEntry>,
  done: ReadonlyMap<string, Inheritance>,
): readonly DiskImageEntry[] {
  const line = new Map<string, DiskImageEntry>();
  for (let next: DiskImageEntry | undefined = entry; next && !done.has(next.name) && !line.has(next.name);) {
    line.set(next.name, next);
    next = next.parent ? entries.get(next.parent) : undefined;
  }
  return [...line.values()];
}

function whatIsAbove(
  { name, parent }: DiskImageEntry,
  line: readonly DiskImageEntry[],
  entries: ReadonlyMap<string, DiskImageEntry>,
  done: ReadonlyMap<string, Inheritance>,
): Inheritance {
  if (!parent) return { kind: 'complete', image: { name: '', ...DISK_IMAGE_DEFAULTS } };
  const above = done.get(parent);
  if (above) return above;
  if (!entries.has(parent)) return { kind: 'missing-parent', child: name, parent };
  return { kind: 'loop', names: [] };
}

/** Goes down the line again. */
function settle(line: readonly DiskImageEntry[], above: Inheritance, done: Map<string, Inheritance>): void {
  let current = above;
  const members = above.kind === 'loop' && above.names.length === 0 ? loopOf(line) : [];
  for (const [index, name] of members.entries()) done.set(name, { kind: 'loop', names: windowOn(members, index) });
  for (const entry of [...line].reverse()) {
    if (current.kind === 'complete') current = { kind: 'complete', image: overlay(current.image, entry) };
    if (!done.has(entry.name)) done.set(entry.name, current);
  }
}

/** Those of a line that stand in the loop at its end. */
function loopOf(line: readonly DiskImageEntry[]): readonly string[] {
  const names = line.map(({ name }) => name);
  return names.slice(names.indexOf(line.at(-1)?.parent ?? ''));
}

const MOST_NAMES = 12;

function windowOn(members: readonly string[], index: number): readonly string[] {
  const shown = Math.min(members.length, MOST_NAMES);
  const names = Array.from({ length: shown }, (_, step) => members[(index + step) % members.length] ?? '');
  return [...names, ...(shown < members.length ? ['…'] : []), members[index] ?? ''];
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

function overlay(base: DiskImageConfig, entry: DiskImageEntry): DiskImageConfig {
  return {
    ...scalars(base, entry),
    name: entry.name,
    elements: [...base.elements, ...(entry.elements ?? [])],
    envVars: { ...base.envVars, ...entry.envVars },
    formats: nonEmpty(entry.formats) ?? base.formats,
    // Unlike in the original, a child without `metadata` keeps its parent's.
    metadata: { ...base.metadata, ...entry.metadata },
    deleteAfterUpload: entry.deleteAfterUpload ?? base.deleteAfterUpload,
    keepFormats: nonEmpty(entry.keepFormats) ?? base.keepFormats,
  };
}

const SCALARS = [
  'release',
  'rebuildAge',
  'pause',
  'username',
  'buildTimeout',
  'pythonPath',
  'shellType',
  'dibCmd',
] as const;
type Scalars = Pick<DiskImageConfig, (typeof SCALARS)[number]>;

/** Replaced by truthy values only, as in the original: a child cannot reset `pause: true` to false. */
function scalars(base: Scalars, entry: DiskImageEntry): Scalars {
  return Object.fromEntries(SCALARS.map((key) => [key, entry[key] || base[key]])) as Scalars;
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
