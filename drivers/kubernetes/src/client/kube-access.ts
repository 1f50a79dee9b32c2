/** From a kubeconfig to how the server is reached. The library is loaded when a provider starts: it is large. */
import { existsSync, readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { Agent as HttpsAgent } from 'node:https';
import { Agent as HttpAgent } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import { Failure } from '../failure.js';

/** Where a pod finds the token of its service account. */
const IN_CLUSTER_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Holds credentials: never shown. */
export interface KubeAccess {
  /** Of the API server, without a slash at its end. */
  readonly server: string;
  readonly skipTls: boolean;
  /** PEM in base64; null: the system's. */
  readonly ca: string | null;
  /** The context's own bearer token; null: it proves itself otherwise. */
  readonly token: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: HttpsAgent | HttpAgent;
}

/**
 * Reads the kubeconfig anew and asks exec plug-ins for credentials [K1, K2].
 * @param context null: the current one
 * @param env for KUBECONFIG and HOME
 * @throws Failure kind `configuration` or `authentication`, which names files and context and nothing else
 */
export async function kubeAccess(context: string | null, env: Environment = process.env): Promise<KubeAccess> {
  const { config, source } = await loaded(env);
  const wanted = context ?? config.getCurrentContext();
  if (!config.getContextObject(wanted)) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Failure(
      'configuration',
      `There is no context ${wanted} in ${source}; it has ${known.join(', ') || 'none'}`,
    );
  }
  config.setCurrentContext(wanted);
  const cluster = config.getCurrentCluster();
  if (!cluster?.server)
    throw new Failure('configuration', `Context ${wanted} in ${source} has no cluster with a server`);
  return accessOf(config, cluster, `context ${wanted} in ${source}`);
}

async function accessOf(config: KubeConfig, cluster: Cluster, where: string): Promise<KubeAccess> {
  const server = cluster.server.replace(/\/+$/, '');
  const plain = server.startsWith('http:');
  const options = await credentials(config, plain, where);
  const headers = headersOf(options);
  return {
    server,
    skipTls: cluster.skipTLSVerify === true,
    ca: caOf(cluster, where),
    token: /^Bearer (\S+)$/i.exec(headers['authorization'] ?? '')?.[1] ?? null,
    headers,
    agent: cluster.proxyUrl ? (options.agent as HttpsAgent) : agentOf(plain, options, cluster.tlsServerName),
  };
}

async function credentials(config: KubeConfig, plain: boolean, where: string): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    // The library refuses plain HTTP unless it is told that nobody minds; kubectl does not mind.
    if (plain) config.clusters = config.clusters.map((known) => ({ ...known, skipTLSVerify: true }));
    await config.applyToHTTPSOptions(options);
    return options;
  } catch {
    // Its message may be what an exec plug-in has printed.
    const { command } = (config.getCurrentUser()?.exec ?? {}) as { readonly command?: string };
    const how = command === undefined ? 'cannot be used' : `cannot be used: the exec plug-in ${command} failed`;
    throw new Failure('authentication', `The credentials of ${where} ${how}; kubectl --context tells more`);
  }
}

/** By name in lower case. */
function headersOf({ headers: given, auth }: RequestOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value;
  }
  if (typeof auth === 'string') headers['authorization'] ??= `Basic ${Buffer.from(auth).toString('base64')}`;
  return headers;
}

/** Connections are kept: the library's own agents are made anew for each call. */
function agentOf(plain: boolean, options: RequestOptions, servername: string | undefined): HttpsAgent | HttpAgent {
  const kept = { keepAlive: true, maxSockets: 64, scheduling: 'lifo' } as const;
  if (plain) return new HttpAgent(kept);
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized } = options;
  const given = Object.entries({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername });
  return new HttpsAgent({ ...kept, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) });
}

function caOf({ caData, caFile }: Cluster, where: string): string | null {
  if (caData) return caData;
  if (!caFile) return null;
  try {
    return readFileSync(caFile).toString('base64');
  } catch {
    throw new Failure('configuration', `The certificate authority of ${where}, ${caFile}, cannot be read`);
  }
}

interface Loaded {
  readonly config: KubeConfig;
  /** What it was read from, in words. */
  readonly source: string;
}

async function loaded(env: Environment): Promise<Loaded> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const files = configFiles(env);
  const config = new KubeConfig();
  config.loadFromOptions({ clusters: [], users: [], contexts: [], currentContext: '' });
  if (files.length === 0) {
    if (!existsSync(IN_CLUSTER_TOKEN)) {
      throw new Failure('configuration', 'There is no kubeconfig: set KUBECONFIG, or write ~/.kube/config');
    }
    config.loadFromCluster();
    return { config, source: 'the service account of this pod' };
  }
  const source = files.join(', ');
  try {
    for (const file of files) {
      const one = new KubeConfig();
      one.loadFromString(withTokenFiles(readFileSync(file, 'utf8'), path.dirname(file)));
      one.makePathsAbsolute(path.dirname(file));
      one.users = one.users.map((user) => (user.token ? { ...user, token: user.token.trim() } : user));
      merge(config, one);
    }
  } catch {
    throw new Failure('configuration', `The kubeconfig ${source} cannot be understood; kubectl config view tells more`);
  }
  return { config, source };
}

/** The library knows files with tokens by an old name only, and looks for them from where the process runs. */
function withTokenFiles(text: string, folder: string): string {
  const key = /(["']?)tokenFile\1\s*:\s*(["']?)([^"'\n,}#]+)\2/g;
  return text.replace(key, (_found, _quote, _other, file: string) => {
    return `"token-file": ${JSON.stringify(path.resolve(folder, file.trim()))}`;
  });
}

/** What an earlier file says counts, as with kubectl. */
function merge(config: KubeConfig, more: KubeConfig): void {
  const unknown = <T extends { readonly name: string }>(known: readonly T[], found: readonly T[]): T[] =>
    found.filter(({ name }) => !known.some((one) => one.name === name));
  config.clusters = [...config.clusters, ...unknown(config.clusters, more.clusters)];
  config.users = [...config.users, ...unknown(config.users, more.users)];
  config.contexts = [...config.contexts, ...unknown(config.contexts, more.contexts)];
  if (!config.currentContext) config.currentContext = more.currentContext;
}

/** Files that are not there are left out, as kubectl does. */
function configFiles(env: Environment): readonly string[] {
  const named = env['KUBECONFIG']?.split(path.delimiter).filter((file) => file !== '') ?? [];
  const files = named.length > 0 ? named : [path.join(env['HOME'] ?? os.homedir(), '.kube/config')];
  return files.filter((file) => existsSync(file));
}
