import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PluginDriverSchema } from '../../adapters/config-yaml/drivers/plugin-driver-schema.js';
import type { DriverSchema, DriverSchemaFinding, DriverSchemaSource } from '../../domain/config/driver-schema.js';
import type { DriverPlugin } from '../../ports/compute/driver-api.js';
import type { Driver, DriverRegistry } from '../../ports/compute/driver.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { checkPlugin } from './check-plugin.js';
import { GuardedDriver } from './containment/guarded-driver.js';
import { findModule, modulesFolders } from './find-module.js';

/** Seconds a module may take to load: it may await things at its top. */
const LOAD_DEADLINE = 30;
const PACKAGE_PREFIX = 'nodepool-driver-';
const LONGEST_MESSAGE = 300;

/** For `load`: whatever driver the module brings. */
export const ANY_DRIVER = '*';

/** A driver from outside that can be used. */
export interface LoadedPlugin {
  readonly plugin: DriverPlugin;
  readonly schema: DriverSchema;
  /** The package with its version, or the file. */
  readonly source: string;
  readonly entry: string;
}

export type PluginLoad =
  | { readonly kind: 'loaded'; readonly loaded: LoadedPlugin }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly problem: string; readonly hint: string };

export interface PluginRegistryOptions {
  readonly clock: Clock;
  /** The folder Nodepool itself is installed in; drivers may be installed beside it. */
  readonly installation: string;
  readonly importModule?: (url: string) => Promise<unknown>;
}

/**
 * The drivers from outside that this process has loaded, by name. A driver stays as it was loaded until the process ends; one that could
 * not be loaded is tried again when its files have changed.
 */
export class PluginRegistry implements DriverSchemaSource, DriverRegistry {
  private readonly loaded = new Map<string, LoadedPlugin>();
  private readonly guarded = new Map<string, Driver>();

  constructor(private readonly options: PluginRegistryOptions) {}

  /** The driver, if it has been loaded, behind a guard. */
  driver(name: string): Driver | undefined {
    const known = this.guarded.get(name);
    const loaded = this.loaded.get(name);
    if (known || !loaded) return known;
    const driver = new GuardedDriver(loaded.plugin);
    this.guarded.set(name, driver);
    return driver;
  }

  async find(
    driver: string,
    module: string | null,
    folder: string,
    watch: (file: string) => void,
  ): Promise<DriverSchemaFinding> {
    const load = await this.load(driver, module, folder, watch);
    if (load.kind === 'loaded') return { kind: 'found', schema: load.loaded.schema };
    return load.kind === 'missing' ? { kind: 'unknown', searched: `${PACKAGE_PREFIX}${driver}` } : load;
  }

  /** Loads the driver, unless it has been loaded. Never rejects. */
  async load(
    driver: string,
    module: string | null,
    folder: string,
    watch: (file: string) => void = () => undefined,
  ): Promise<PluginLoad> {
    const specifier = module ?? `${PACKAGE_PREFIX}${driver}`;
    const found = findModule(specifier, [folder, this.options.installation]);
    found.files.forEach(watch);
    if (found.kind === 'missing' && module === null) return { kind: 'missing' };
    if (found.kind === 'missing') return unusable(specifier, 'is not there', missingHint(specifier, folder));
    if (found.kind === 'broken') return unusable(specifier, `is broken: ${found.problem}`, 'install it again');
    const { entry, manifest } = found.module;
    const before = this.loaded.get(driver);
    if (before?.entry === entry) return { kind: 'loaded', loaded: before };
    if (before) {
      return unusable(
        specifier,
        `is not used: driver ${driver} is ${before.source} already`,
        'restart after the change',
      );
    }
    const source = manifest ? `${manifest.name} ${manifest.version}`.trim() : entry;
    return this.loadFrom(driver, specifier, entry, source);
  }

  /** Names of packages called nodepool-driver-* that are installed where `load` would find them. */
  installed(folder: string): readonly string[] {
    const places = [folder, this.options.installation].flatMap(modulesFolders);
    const names = places.flatMap((place) => {
      try {
        return readdirSync(place).filter((name) => name.startsWith(PACKAGE_PREFIX));
      } catch {
        return [];
      }
    });
    return [...new Set(names.map((name) => name.slice(PACKAGE_PREFIX.length)))].sort();
  }

  private async loadFrom(driver: string, specifier: string, entry: string, source: string): Promise<PluginLoad> {
    let exported: unknown;
    try {
      exported = await this.importFresh(entry);
    } catch (error) {
      return unusable(specifier, `cannot be loaded: ${oneLine(error)}`, 'install it again, or report it to its author');
    }
    const check = checkPlugin(exported as Readonly<Record<string, unknown>>);
    if (check.kind === 'unusable') return unusable(specifier, check.problem, check.hint);
    const { plugin } = check;
    if (driver !== ANY_DRIVER && plugin.name !== driver) {
      return unusable(specifier, `is the driver ${plugin.name}`, `write driver: ${plugin.name}`);
    }
    try {
      const { name, configSchema, capabilities } = plugin;
      const schema = new PluginDriverSchema({
        name,
        configSchema,
        managesImages: capabilities.images,
        imageless: capabilities.imageless === true,
      });
      const loaded = { plugin, schema, source, entry };
      this.loaded.set(plugin.name, loaded);
      return { kind: 'loaded', loaded };
    } catch (error) {
      return unusable(specifier, `is broken: ${oneLine(error)}`, "report it to the driver's author");
    }
  }

  /** Node remembers what it has imported, failures too: a changed file is another module. */
  private importFresh(entry: string): Promise<unknown> {
    const { clock, importModule = (url: string): Promise<unknown> => import(url) } = this.options;
    const changed = statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const url = `${pathToFileURL(entry).href}?changed=${Math.floor(changed)}`;
    const never = new AbortController().signal;
    return withDeadline(clock, LOAD_DEADLINE, `loading ${path.basename(entry)}`, never, () => importModule(url));
  }
}

function unusable(specifier: string, problem: string, hint: string): PluginLoad {
  return { kind: 'unusable', problem: `the driver module ${specifier} ${problem}`, hint };
}

function missingHint(specifier: string, folder: string): string {
  return specifier.startsWith('.') || path.isAbsolute(specifier)
    ? `paths go from the folder of the configuration file, ${folder}`
    : `npm install ${specifier} in ${folder}, or beside Nodepool`;
}

/** What went wrong, without the stack and what comes with it. */
function oneLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `it threw ${typeof error}`;
  const line = (text.split('\n')[0] ?? '').trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}
