import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** Where a driver's code is. */
export interface FoundModule {
  /** The file to import, absolute. */
  readonly entry: string;
  /** Of the package it belongs to; null if it is a file by itself. */
  readonly manifest: { readonly name: string; readonly version: string } | null;
}

export type ModuleSearch =
  | { readonly kind: 'found'; readonly module: FoundModule; readonly files: readonly string[] }
  /** `files`: what would have been taken if it had been there. */
  | { readonly kind: 'missing'; readonly files: readonly string[] }
  | { readonly kind: 'broken'; readonly problem: string; readonly files: readonly string[] };

/**
 * Finds a package or file as Node would from a file in each of the folders, in turn: Node itself resolves only from the module that
 * asks, and drivers are installed beside the configuration. Absolute paths, and those that begin with a dot, go from the first folder.
 */
export function findModule(specifier: string, folders: readonly string[]): ModuleSearch {
  if (specifier.startsWith('.') || path.isAbsolute(specifier)) {
    return searchTarget(path.resolve(folders[0] ?? '.', specifier));
  }
  const files: string[] = [];
  for (const place of folders.flatMap(modulesFolders)) {
    const found = searchTarget(path.join(place, ...specifier.split('/')));
    files.push(...found.files);
    if (found.kind !== 'missing') return { ...found, files };
  }
  return { kind: 'missing', files: [...new Set(files)] };
}

/** The `node_modules` of a folder and of all around it, nearest first. */
export function modulesFolders(folder: string): readonly string[] {
  const up = path.dirname(folder);
  const own = path.basename(folder) === 'node_modules' ? [] : [path.join(folder, 'node_modules')];
  return up === folder ? own : [...own, ...modulesFolders(up)];
}

function searchTarget(target: string): ModuleSearch {
  const stat = statSync(target, { throwIfNoEntry: false });
  if (stat?.isFile()) return { kind: 'found', module: { entry: target, manifest: null }, files: [target] };
  const manifestFile = path.join(target, 'package.json');
  if (!stat?.isDirectory()) return { kind: 'missing', files: [target, manifestFile] };
  return searchFolder(target, manifestFile);
}

function searchFolder(folder: string, manifestFile: string): ModuleSearch {
  let manifest: Readonly<Record<string, unknown>> = {};
  const files = [manifestFile];
  try {
    manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as typeof manifest;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!missing) return { kind: 'broken', problem: 'its package.json cannot be read', files };
  }
  const wanted = exportedEntry(manifest['exports']) ?? manifest['main'] ?? 'index.js';
  const candidates = typeof wanted === 'string' ? [wanted, `${wanted}.js`, path.join(wanted, 'index.js')] : [];
  const entries = [...candidates, 'index.mjs'].map((file) => path.resolve(folder, file));
  const entry = entries.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  if (entry === undefined) {
    return {
      kind: 'broken',
      problem: `its entry ${candidates[0] ?? 'point'} is not there`,
      files: [...files, ...entries],
    };
  }
  const { name, version } = manifest;
  const named = typeof name === 'string' ? { name, version: typeof version === 'string' ? version : '' } : null;
  return { kind: 'found', module: { entry, manifest: named }, files: [...files, entry] };
}

const CONDITIONS = ['node', 'import', 'module-sync', 'default', 'require'];

/** The file that `exports` gives for the package itself. */
function exportedEntry(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported;
  if (Array.isArray(exported)) return exported.map(exportedEntry).find((entry) => entry !== undefined);
  if (typeof exported !== 'object' || exported === null) return undefined;
  const entries = exported as Readonly<Record<string, unknown>>;
  if ('.' in entries) return exportedEntry(entries['.']);
  // In the author's order, as Node takes them.
  const condition = Object.keys(entries).find((key) => CONDITIONS.includes(key));
  return condition === undefined ? undefined : exportedEntry(entries[condition]);
}
