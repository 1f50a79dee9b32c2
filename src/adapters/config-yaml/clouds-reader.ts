/** Finds and reads `clouds.yaml` and its companions (spec BUILDER 6.1). */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CloudAccess } from '../../domain/config/cloud-access.js';
import { buildCloudAccess } from '../../domain/config/build-cloud-access.js';
import { authHints } from '../../domain/config/cloud-auth-keys.js';
import type { CloudFileContents, ResolvedCloud } from '../../domain/config/clouds.js';
import { commonSettings, resolveCloud } from '../../domain/config/clouds.js';
import type { CloudFormats, CloudLookup } from '../../domain/config/driver-schema.js';
import type { ConfigFiles } from './config-files.js';
import { errorCode } from './config-files.js';
import { nearestWord } from '../../domain/presentation/nearest-word.js';
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

/** Where the clouds were found. */
interface CloudSources {
  /** Null: there is none. */
  readonly clouds: string | null;
  /** Why the files could not be understood; null if they could. */
  readonly problem: string | null;
}

type FoundCloud = Extract<ResolvedCloud, { kind: 'found' }>;
/** Either may be there without the other: a cloud with problems gives no access. */
type CloudAccessAnswer = { readonly access: CloudAccess } | { readonly problems: readonly string[] };

/** The clouds as they were in the files at one moment. */
export class Clouds implements CloudFormats {
  constructor(
    private readonly contents: CloudFileContents,
    private readonly sources: CloudSources,
    private readonly search: Pick<CloudSearch, 'env' | 'home'>,
  ) {}

  /** The merged entry of a cloud, secrets included. */
  resolve(cloud: string, region: string | null): ResolvedCloud {
    return resolveCloud(this.contents, this.search.env, cloud, region);
  }

  lookUp(cloud: string, region: string | null): CloudLookup {
    if (this.sources.problem !== null) return { kind: 'unreadable', problem: this.sources.problem };
    const resolved = this.resolve(cloud, region);
    switch (resolved.kind) {
      case 'found': {
        const answer = this.accessOf(cloud, resolved);
        const { cache, client, metrics } = commonSettings(this.contents);
        return {
          kind: 'found',
          imageFormat: resolved.imageFormat,
          fingerprint: fingerprint([resolved.entry, resolved.region, cache, client, metrics]),
          problems: 'access' in answer ? [] : answer.problems,
          hints: authHints(mapAt(mapAt(mapAt(this.contents.clouds, 'clouds'), cloud), 'auth')).map(
            (hint) => `${this.place(cloud)}: auth.${hint}`,
          ),
        };
      }
      case 'unknown-cloud':
        return { kind: 'unknown-cloud', mend: this.mendUnknown(cloud, resolved.known) };
      case 'unknown-region':
        return resolved;
      case 'ambiguous-cloud':
        return { kind: 'unreadable', problem: this.ambiguous(cloud) };
    }
  }

  /** What a driver needs of a cloud, or everything that is wrong with it; texts name file, cloud and key. */
  access(cloud: string, region: string | null): CloudAccessAnswer {
    if (this.sources.problem !== null) return { problems: [this.sources.problem] };
    const resolved = this.resolve(cloud, region);
    switch (resolved.kind) {
      case 'found':
        return this.accessOf(cloud, resolved);
      case 'unknown-cloud':
        return { problems: [`Cloud ${cloud} was not found; ${this.mendUnknown(cloud, resolved.known)}`] };
      case 'unknown-region': {
        const regions = resolved.regions.join(', ');
        return { problems: [`${this.place(cloud)}: there is no region ${region ?? ''}; its regions: ${regions}`] };
      }
      case 'ambiguous-cloud':
        return { problems: [this.ambiguous(cloud)] };
    }
  }

  private accessOf(cloud: string, { entry, region, profileProblem }: FoundCloud): CloudAccessAnswer {
    const place = this.place(cloud);
    if (profileProblem !== null) return { problems: [`${place}: ${profileProblem}`] };
    const surroundings = { common: commonSettings(this.contents), env: this.search.env };
    const { access, problems } = buildCloudAccess(cloud, region, entry, surroundings);
    if (access === null) return { problems: problems.map((problem) => `${place}: ${problem}`) };
    const { verify, cacert, cert, key } = access.tls;
    const tls = { verify, cacert: this.atHome(cacert), cert: this.atHome(cert), key: this.atHome(key) };
    return { access: { ...access, tls } };
  }

  private place(cloud: string): string {
    return `${this.sources.clouds ?? 'the environment'}: cloud ${cloud}`;
  }

  private ambiguous(cloud: string): string {
    return `${this.place(cloud)}: the environment (OS_*) makes a cloud of the same name; rename one of them`;
  }

  private mendUnknown(cloud: string, known: readonly string[]): string {
    if (known.length === 0) {
      return this.sources.clouds === null
        ? 'there is no clouds.yaml: /etc/openstack/clouds.yaml is a good place for it'
        : `add it to ${this.sources.clouds}, which has no clouds`;
    }
    const nearest = nearestWord(cloud, known);
    const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    return `add it to ${this.sources.clouds ?? 'clouds.yaml'}, which has: ${known.join(', ')}${meant}`;
  }

  private atHome(path: string | null): string | null {
    return path?.startsWith('~/') ? join(this.search.home, path.slice(2)) : path;
  }
}

function mapAt(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const found = isRecord(value) ? value[key] : undefined;
  return isRecord(found) ? found : {};
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
      const code = errorCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      return { problem: `${path}: cannot be read (${code})` };
    }
    return understand(path, text);
  }
  return { value: {}, path: null };
}

function understand(path: string, text: string): FirstFile {
  const { value, faults } = parseYaml(text);
  const fault = faults.find(({ severity }) => severity === 'error');
  if (fault) {
    const place = fault.place ? `:${fault.place.line}:${fault.place.column}` : '';
    return { problem: `${path}${place}: ${fault.message}` };
  }
  if (value === null || value === undefined) return { value: {}, path };
  if (isRecord(value) && 'clouds' in value && !isMapOfMaps(value['clouds'])) {
    return { problem: `${path}: clouds: expected a dictionary of clouds` };
  }
  return isRecord(value) ? { value, path } : { problem: `${path}: expected a dictionary (a map of keys)` };
}

function isMapOfMaps(value: unknown): boolean {
  return value === null || (isRecord(value) && Object.values(value).every((entry) => isRecord(entry)));
}

/** Tells whether an entry has changed without giving anything of it away. */
function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
