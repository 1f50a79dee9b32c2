import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CloudFormats, CloudLookup } from '../../../domain/config/driver-schema.js';
import { nearestWord } from '../../../domain/presentation/nearest-word.js';
import { buildCloudAccess } from './build-cloud-access.js';
import type { CloudAccess } from './cloud-access.js';
import { authWarnings } from './cloud-auth-keys.js';
import { isEntry } from './cloud-entry-reader.js';
import type { CloudFileContents, ResolvedCloud } from './clouds.js';
import { commonSettings, resolveCloud } from './clouds.js';

/** Where the clouds were found. */
export interface CloudSources {
  /** Null: there is none. */
  readonly clouds: string | null;
  /** Why the files could not be understood; null if they could. */
  readonly problem: string | null;
}

export interface CloudProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home directory. */
  readonly home: string;
}

type FoundCloud = Extract<ResolvedCloud, { kind: 'found' }>;
/** Either may be there without the other: a cloud with problems gives no access. */
type CloudAccessAnswer = { readonly access: CloudAccess } | { readonly problems: readonly string[] };

/** The clouds as they were in the files at one moment. */
export class Clouds implements CloudFormats {
  constructor(
    private readonly contents: CloudFileContents,
    private readonly sources: CloudSources,
    private readonly process: CloudProcess,
  ) {}

  /** The merged entry of a cloud, secrets included. */
  resolve(cloud: string, region: string | null): ResolvedCloud {
    return resolveCloud(this.contents, this.process.env, cloud, region);
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
          warnings: authWarnings(mapAt(mapAt(mapAt(this.contents.clouds, 'clouds'), cloud), 'auth')).map(
            (warning) => `${this.place(cloud)}: auth.${warning}`,
          ),
        };
      }
      case 'unknown-cloud':
        return { kind: 'unknown-cloud', hint: this.unknownCloudHint(cloud, resolved.known) };
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
        return { problems: [`Cloud ${cloud} was not found; ${this.unknownCloudHint(cloud, resolved.known)}`] };
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
    const context = { common: commonSettings(this.contents), env: this.process.env };
    const { access, problems } = buildCloudAccess(cloud, region, entry, context);
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

  private unknownCloudHint(cloud: string, known: readonly string[]): string {
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
    return path?.startsWith('~/') ? join(this.process.home, path.slice(2)) : path;
  }
}

function mapAt(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const found = isEntry(value) ? value[key] : undefined;
  return isEntry(found) ? found : {};
}

/** Tells whether an entry has changed without giving anything of it away. */
function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
