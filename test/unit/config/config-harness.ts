import { readClouds } from '../../../src/adapters/openstack/clouds/clouds-reader.js';
import { formatServers } from '../../../src/adapters/zookeeper/servers.js';
import { readYaml } from '../../../src/adapters/config-yaml/yaml-document.js';
import type { NodepoolConfig, ZooKeeperConfig } from '../../../src/domain/config/config.js';
import type { ConfigProblem } from '../../../src/domain/config/config-problem.js';
import { ConfigError, formatProblem } from '../../../src/domain/config/config-problem.js';
import type { DriverSchema } from '../../../src/domain/config/driver-schema.js';
import type { ConfigFiles } from '../../../src/adapters/config-yaml/config-files.js';
import type { LoadOptions } from '../../../src/adapters/config-yaml/load-config.js';
import { loadConfig, validateConfig } from '../../../src/adapters/config-yaml/load-config.js';
import { markedByEditor } from './editor-schema.js';
import type { CancelTimer, Clock } from '../../../src/ports/runtime/clock.js';

export const MAIN = 'nodepool.yaml';
export const SECURE = 'secure.conf';

/** Files in memory. `version` counts writes, as a nanosecond time would. */
export class MemoryFiles implements ConfigFiles {
  private readonly contents = new Map<string, { readonly text: string; readonly version: number }>();
  private readonly failures = new Map<string, string>();
  private version = 0;
  readonly reads: string[] = [];

  write(path: string, text: string): this {
    this.contents.set(path, { text, version: ++this.version });
    return this;
  }

  remove(path: string): void {
    this.contents.delete(path);
  }

  fail(path: string, code: string): this {
    this.failures.set(path, code);
    return this;
  }

  async read(path: string): Promise<string> {
    this.reads.push(path);
    const code = this.failures.get(path);
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    const file = this.contents.get(path);
    if (!file) throw Object.assign(new Error('missing'), { code: 'ENOENT' });
    return file.text;
  }

  async stamp(path: string): Promise<string | null> {
    const file = this.contents.get(path);
    if (file) return `${file.version}:${file.text.length}`;
    const within = path === '.' || [...this.contents.keys()].some((each) => each.startsWith(`${path}/`));
    return within ? 'folder' : null;
  }
}

/** Time passes at once whenever somebody waits for it. */
export class LeapingClock implements Clock {
  private time = 1000;
  readonly waits: number[] = [];
  onWait: () => void = () => undefined;

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  schedule(delay: number, callback: () => void): CancelTimer {
    this.waits.push(delay);
    this.time += delay;
    this.onWait();
    let cancelled = false;
    queueMicrotask(() => {
      if (!cancelled) callback();
    });
    return () => {
      cancelled = true;
    };
  }
}

export interface Situation {
  readonly secure?: string;
  readonly clouds?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly drivers?: readonly DriverSchema[];
  readonly files?: MemoryFiles;
  readonly clock?: Clock;
}

/** What an entry of clouds.yaml cannot do without. */
export const AUTH = 'auth: {auth_url: https://identity.example.org/v3, username: someone, password: hidden}';
const CLOUDS = `clouds: {fake: {}, one: {${AUTH}}, vhd-cloud: {${AUTH}, image_format: vhd}}`;

export function optionsFor(
  yaml: string | null,
  situation: Situation = {},
): LoadOptions & { readonly files: MemoryFiles } {
  const files = situation.files ?? new MemoryFiles();
  if (yaml !== null) files.write(MAIN, yaml);
  if (situation.secure !== undefined) files.write(SECURE, situation.secure);
  files.write('/etc/openstack/clouds.yaml', situation.clouds ?? CLOUDS);
  return {
    path: MAIN,
    securePath: situation.secure === undefined ? null : SECURE,
    env: situation.env ?? {},
    files,
    clouds: (reading) =>
      readClouds({ files: reading, env: situation.env ?? {}, cwd: '/', home: '/home/someone', readYaml }),
    clock: situation.clock ?? new LeapingClock(),
    ...(situation.drivers ? { drivers: situation.drivers } : {}),
  };
}

export async function load(yaml: string, situation?: Situation): Promise<NodepoolConfig> {
  return (await loadConfig(optionsFor(yaml, situation))).config;
}

export async function warningsOf(yaml: string, situation?: Situation): Promise<readonly string[]> {
  return (await loadConfig(optionsFor(yaml, situation))).warnings.map(formatProblem);
}

/** The problems of a configuration that must not load. */
export async function problemsOf(yaml: string | null, situation?: Situation): Promise<readonly ConfigProblem[]> {
  try {
    await loadConfig(optionsFor(yaml, situation));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was expected not to load');
}

export async function failuresOf(yaml: string | null, situation?: Situation): Promise<readonly string[]> {
  return (await problemsOf(yaml, situation)).map(formatProblem);
}

/** What `config-validate` says. Editors must not mark what it finds no fault with. */
export async function validate(given: string | null, situation?: Situation): Promise<readonly string[]> {
  const yaml = given === null ? null : withServers(given);
  const errors = (await validateConfig(optionsFor(yaml, situation))).errors.map(formatProblem);
  // Placeholders are replaced before the text is read as YAML.
  if (errors.length === 0 && yaml !== null && !yaml.includes('%(')) {
    const marked = markedByEditor(yaml);
    if (marked.length > 0) throw new Error(`the JSON Schema refuses a valid configuration: ${marked.join('; ')}`);
  }
  return errors;
}

/** What a part of a configuration needs to be whole; behind it, so that lines stay what they are. */
function withServers(yaml: string): string {
  if (yaml.trim() === '{}') return 'zookeeper-servers: [{host: zk}]';
  if (yaml.startsWith('{t')) return `{zookeeper-servers: [{host: zk}], ${yaml.slice(1)}`;
  const isPart = /^[\w-]+:/m.test(yaml) && !/^(zookeeper-servers|store):/m.test(yaml);
  return isPart ? `${yaml}\nzookeeper-servers: [{host: zk}]\n` : yaml;
}

/** The only entry of a map. */
export function only<T>(map: ReadonlyMap<string, T>): T {
  const [value] = map.values();
  if (map.size !== 1 || value === undefined) throw new Error(`expected one entry, found ${map.size}`);
  return value;
}

/** All servers, with the chroot once at the end (spec LAUNCHER 1.1). */
export function connectionString({ servers, chroot }: Pick<ZooKeeperConfig, 'servers' | 'chroot'>): string {
  return formatServers(servers) + chroot;
}
