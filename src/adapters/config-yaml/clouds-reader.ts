/** Finds and reads `clouds.yaml` and its companions (spec BUILDER 6.1). */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CloudFileContents, ResolvedCloud } from '../../domain/config/clouds.js';
import { resolveCloud } from '../../domain/config/clouds.js';
import type { CloudFormats, CloudLookup } from '../../domain/config/driver-schema.js';
import type { ConfigFiles } from './config-files.js';
import { errorCode } from './config-files.js';
import { isRecord } from './value-kinds.js';
import { parseYaml } from './yaml-document.js';

export interface CloudSearch {
  readonly files: ConfigFiles;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The directory the process runs in. */
  readonly cwd: string;
  /** The user's home directory. */
  readonly home: string;
}

/** The clouds as they were in the files at one moment. */
export class Clouds implements CloudFormats {
  constructor(
    private readonly contents: CloudFileContents,
    /** Why the files could not be understood; null if they could. */
    readonly problem: string | null,
    private readonly env: CloudSearch['env'],
  ) {}

  /** The merged entry of a cloud, secrets included. */
  resolve(cloud: string, region: string | null): ResolvedCloud {
    return resolveCloud(this.contents, this.env, cloud, region);
  }

  lookUp(cloud: string, region: string | null): CloudLookup {
    if (this.problem !== null) return { kind: 'unreadable', problem: this.problem };
    const resolved = this.resolve(cloud, region);
    if (resolved.kind !== 'found') return resolved;
    const { imageFormat } = resolved;
    return { kind: 'found', imageFormat, fingerprint: fingerprint(resolved) };
  }
}

/** Reads all files anew. Never rejects: `problem` of the answer says what is wrong. */
export async function readClouds(search: CloudSearch): Promise<Clouds> {
  const { env } = search;
  const contents = { clouds: {}, secure: {}, publicClouds: {} } as Record<keyof CloudFileContents, object>;
  let problem: string | null = null;
  const sources = [
    ['clouds', 'clouds', env['OS_CLIENT_CONFIG_FILE']],
    ['secure', 'secure', env['OS_CLIENT_SECURE_FILE']],
    ['publicClouds', 'clouds-public', undefined],
  ] as const;
  for (const [part, base, explicit] of sources) {
    const read = await readFirst(search, candidates(search, base, explicit));
    if ('problem' in read) problem ??= read.problem;
    else contents[part] = read.value;
  }
  return new Clouds(contents as CloudFileContents, problem, env);
}

function candidates(search: CloudSearch, base: string, explicit: string | undefined): readonly string[] {
  const { env, cwd, home } = search;
  const userConfig = env['XDG_CONFIG_HOME'] || join(home, '.config');
  const siteConfigs = (env['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':').filter((directory) => directory !== '');
  const directories = [
    cwd,
    join(userConfig, 'openstack'),
    join(home, '.config', 'openstack'),
    ...siteConfigs.map((directory) => join(directory, 'openstack')),
    '/etc/openstack',
  ];
  const names = ['yaml', 'yml', 'json'].map((extension) => `${base}.${extension}`);
  const found = directories.flatMap((directory) => names.map((name) => join(directory, name)));
  return [...new Set(explicit ? [explicit, ...found] : found)];
}

type FirstFile = { readonly value: Readonly<Record<string, unknown>> } | { readonly problem: string };

async function readFirst(search: CloudSearch, paths: readonly string[]): Promise<FirstFile> {
  for (const path of paths) {
    let text: string;
    try {
      text = await search.files.read(path);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      return { problem: `${path}: cannot be read (${code})` };
    }
    return understand(path, text);
  }
  return { value: {} };
}

function understand(path: string, text: string): FirstFile {
  const { value, faults } = parseYaml(text);
  const fault = faults.find(({ severity }) => severity === 'error');
  if (fault) {
    const place = fault.place ? `:${fault.place.line}:${fault.place.column}` : '';
    return { problem: `${path}${place}: ${fault.message}` };
  }
  if (value === null || value === undefined) return { value: {} };
  return isRecord(value) ? { value } : { problem: `${path}: expected a dictionary (a map of keys)` };
}

/** Tells whether an entry has changed without giving anything of it away. */
function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
