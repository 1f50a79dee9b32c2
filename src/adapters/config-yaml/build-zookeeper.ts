/** The ZooKeeper sections of the main or the secure file (spec BUILDER 1.2, LAUNCHER 1.1). */
import type { ZooKeeperConfig } from '../../domain/config/config.js';
import type { ProblemSink } from '../../domain/config/driver-schema.js';
import { Secret } from '../../domain/config/secret.js';
import type { ZooKeeperSaslSchema, ZooKeeperServerSchema, ZooKeeperTlsSchema } from './schemas/top-level.schema.js';

const PLAIN_PORT = 2181;
const TLS_PORT = 2281;
const DEFAULT_TIMEOUT = 10;

/** A section with the file it was found in. */
export interface Sourced<T> {
  readonly value: T;
  readonly problems: ProblemSink;
}

export interface ZooKeeperExtras {
  /** Seconds. */
  readonly timeout: number | undefined;
  readonly sasl: ZooKeeperSaslSchema | undefined;
  readonly client: ZooKeeperConfig['client'] | undefined;
}

export function buildZooKeeper(
  servers: Sourced<readonly ZooKeeperServerSchema[] | undefined>,
  tls: Sourced<ZooKeeperTlsSchema | undefined>,
  { timeout, sasl, client }: ZooKeeperExtras,
): ZooKeeperConfig | null {
  const files = buildTls(tls.value);
  const chroot = commonChroot(servers);
  const named = (servers.value ?? []).flatMap(({ host, port }) =>
    host === undefined
      ? []
      : [{ host: host.replace(/^\[(.*)\]$/, '$1'), port: port ?? (tls.value ? TLS_PORT : PLAIN_PORT) }],
  );
  if (named.length === 0) return null;
  return {
    servers: withoutDuplicates(named),
    chroot,
    tls: files,
    timeout: timeout ?? DEFAULT_TIMEOUT,
    sasl: buildSasl(sasl),
    client: client ?? 'wire',
  };
}

/** Missing keys were reported when the section was read. */
function buildSasl(sasl: ZooKeeperSaslSchema | undefined): ZooKeeperConfig['sasl'] {
  if (sasl?.username === undefined || sasl.password === undefined) return null;
  return { username: sasl.username, password: new Secret(sasl.password) };
}

/** Missing keys were reported when the section was read. */
function buildTls(tls: ZooKeeperTlsSchema | undefined): ZooKeeperConfig['tls'] {
  if (tls?.cert === undefined || tls.key === undefined || tls.ca === undefined) return null;
  return { cert: tls.cert, key: tls.key, ca: tls.ca };
}

/**
 * All servers lead to one tree: chroots are equal, or given with one server only. (Clients apply whatever follows the first slash
 * of the connection string; the original appended each server's chroot and lost all servers but the first that way.)
 */
function commonChroot(servers: Sourced<readonly ZooKeeperServerSchema[] | undefined>): string {
  const given = (servers.value ?? []).map((server) => normalChroot(server.chroot));
  const chroots = new Set(given.filter((chroot) => chroot !== ''));
  if (chroots.size > 1) {
    const index = given.findIndex((chroot) => chroot !== '' && chroot !== given.find((other) => other !== ''));
    servers.problems.report(['zookeeper-servers', index, 'chroot'], 'the servers have different chroots', {
      hint: 'give all of them the same chroot, or only one of them a chroot',
    });
  }
  return [...chroots][0] ?? '';
}

function normalChroot(chroot: string | undefined): string {
  const steps = (chroot ?? '').split('/').filter((step) => step !== '');
  return steps.length === 0 ? '' : `/${steps.join('/')}`;
}

function withoutDuplicates(
  servers: readonly { readonly host: string; readonly port: number }[],
): ZooKeeperConfig['servers'] {
  return [...new Map(servers.map((server) => [`${server.host}_${server.port}`, server])).values()];
}
