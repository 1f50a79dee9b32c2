/** Finds and reads `clouds.yaml` and its companions (spec BUILDER 6.1). */
import { join } from 'node:path';
import { isEntry } from './cloud-entry-reader.js';
import type { CloudFileContents } from './clouds.js';
import type { CloudProcess } from './found-clouds.js';
import { Clouds } from './found-clouds.js';

/** What a file of YAML says, or what is wrong with it in words, with its place (`:line:column`) if that is known. */
export type YamlAnswer = { readonly value: unknown } | { readonly fault: string; readonly place: string };

export interface CloudFiles {
  /** Rejects with an error whose `code` is the system's, e.g. `ENOENT`. */
  read(path: string): Promise<string>;
}

export interface CloudSearch extends CloudProcess {
  readonly files: CloudFiles;
  /** The directory the process runs in. */
  readonly cwd: string;
  readonly readYaml: (text: string) => YamlAnswer;
}

/** Reads all files anew. Never rejects: the answer says what is wrong. */
export async function readClouds(search: CloudSearch): Promise<Clouds> {
  const { env } = search;
  const contents = { clouds: {}, secure: {}, publicClouds: {} } as Record<keyof CloudFileContents, object>;
  let problem: string | null = null;
  let place: string | null = null;
  const sources = [
    ['clouds', 'clouds', env['OS_CLIENT_CONFIG_FILE']],
    ['secure', 'secure', env['OS_CLIENT_SECURE_FILE']],
    ['publicClouds', 'clouds-public', undefined],
  ] as const;
  for (const [part, base, explicit] of sources) {
    const read = await readFirst(search, candidates(search, base, explicit));
    if ('problem' in read) problem ??= read.problem;
    else contents[part] = read.value;
    if (part === 'clouds' && 'path' in read) place = read.path;
  }
  return new Clouds(contents as CloudFileContents, { clouds: place, problem }, search);
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

type FirstFile =
  { readonly value: Readonly<Record<string, unknown>>; readonly path: string | null } | { readonly problem: string };

async function readFirst(search: CloudSearch, paths: readonly string[]): Promise<FirstFile> {
  for (const path of paths) {
    let text: string;
    try {
      text = await search.files.read(path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      return { problem: `${path}: cannot be read (${code})` };
    }
    return understand(path, search.readYaml(text));
  }
  return { value: {}, path: null };
}

function understand(path: string, answer: YamlAnswer): FirstFile {
  if ('fault' in answer) return { problem: `${path}${answer.place}: ${answer.fault}` };
  const { value } = answer;
  if (value === null || value === undefined) return { value: {}, path };
  if (isEntry(value) && 'clouds' in value && !isMapOfMaps(value['clouds'])) {
    return { problem: `${path}: clouds: expected a dictionary of clouds` };
  }
  return isEntry(value) ? { value, path } : { problem: `${path}: expected a dictionary (a map of keys)` };
}

function isMapOfMaps(value: unknown): boolean {
  return value === null || (isEntry(value) && Object.values(value).every((entry) => isEntry(entry)));
}
