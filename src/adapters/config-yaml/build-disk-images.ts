/** Disk images with inheritance and the secure file's variables (spec BUILDER 1.4, 1.11). */
import type { DiskImageConfig, ProviderConfig } from '../../domain/config/config.js';
import type { ProblemSink } from '../../domain/config/driver-schema.js';
import type { DiskImageEntry, Inheritance } from '../../domain/config/image-inheritance.js';
import { inheritAll, withFormats } from '../../domain/config/image-inheritance.js';
import { pathNameProblem } from './value-kinds.js';
import type { DiskImageSchema, SecureDiskImageSchema } from './schemas/top-level.schema.js';

export interface DiskImages {
  /** Those that can be built, by name, with their own formats only. */
  readonly images: ReadonlyMap<string, DiskImageConfig>;
  /** All that are meant to be built, whatever is wrong with them: that is the builder's business. */
  readonly names: ReadonlySet<string>;
}

export function buildDiskImages(
  schemas: readonly DiskImageSchema[] | undefined,
  problemsOf: (image: object) => ProblemSink,
): DiskImages {
  const { entries, sinks } = readEntries(schemas ?? [], problemsOf);
  const images = new Map<string, DiskImageConfig>();
  const names = new Set<string>();
  for (const [name, inherited] of inheritAll(entries)) {
    const problems = sinks.get(name);
    const buildable = !entries.get(name)?.abstract;
    if (buildable) names.add(name);
    if (inherited.kind === 'complete') {
      if (buildable && pathNameProblem(name) === null) images.set(name, inherited.image);
    } else if (problems) reportParent(name, inherited, problems);
  }
  return { images, names };
}

/** The images that have a name, as they stand there, and where to report what is wrong with each. */
function readEntries(
  schemas: readonly DiskImageSchema[],
  problemsOf: (image: object) => ProblemSink,
): { readonly entries: ReadonlyMap<string, DiskImageEntry>; readonly sinks: ReadonlyMap<string, ProblemSink> } {
  const entries = new Map<string, DiskImageEntry>();
  const sinks = new Map<string, ProblemSink>();
  for (const schema of schemas) {
    const { name } = schema;
    if (name === undefined) continue;
    if (entries.has(name)) {
      problemsOf(schema).report(['name'], `diskimage ${name} already defined`, {
        hint: 'rename or remove one of them; the last one counts',
        severity: 'strict',
      });
    }
    entries.set(name, { ...schema, name });
    sinks.set(name, problemsOf(schema));
  }
  return { entries, sinks };
}

function reportParent(name: string, found: Exclude<Inheritance, { kind: 'complete' }>, problems: ProblemSink): void {
  if (found.kind === 'loop') {
    // Those below a loop follow from it.
    if (found.names[0] !== name) return;
    problems.report(['parent'], `diskimage ${name} inherits from itself: ${found.names.join(' -> ')}`, {
      hint: 'remove one of these parents',
      severity: 'builder',
    });
  } else if (found.child === name) {
    problems.report(['parent'], `diskimage ${name} has non-existant parent: ${found.parent}`, {
      hint: 'define it in the main diskimages list or remove the key',
      severity: 'builder',
    });
  }
}

/** Lays the secure file's variables over those of the images. */
export function withSecureVariables(
  images: ReadonlyMap<string, DiskImageConfig>,
  secure: readonly SecureDiskImageSchema[],
  securePath: string,
  problemsOf: (image: object) => ProblemSink,
): ReadonlyMap<string, DiskImageConfig> {
  const merged = new Map(images);
  for (const entry of secure) {
    if (entry.name === undefined) continue;
    const image = merged.get(entry.name);
    if (image) merged.set(entry.name, { ...image, envVars: { ...image.envVars, ...entry.envVars } });
    else problemsOf(entry).report(['name'], `${securePath}: unknown diskimage ${entry.name}`, { severity: 'builder' });
  }
  return merged;
}

/** Adds to each image the formats of the providers that upload it. */
export function withProviderFormats(
  images: ReadonlyMap<string, DiskImageConfig>,
  providers: Iterable<ProviderConfig>,
): ReadonlyMap<string, DiskImageConfig> {
  const needed = new Map<string, string[]>();
  for (const provider of providers) {
    if (!provider.managesImages) continue;
    for (const name of provider.diskImages.keys()) {
      needed.set(name, [...(needed.get(name) ?? []), provider.imageFormat]);
    }
  }
  return new Map([...images].map(([name, image]) => [name, withFormats(image, needed.get(name) ?? [])]));
}
