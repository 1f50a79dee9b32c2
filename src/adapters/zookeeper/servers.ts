import { lookup } from 'node:dns/promises';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** As configured, where `host` is one of its addresses: certificates are issued for names. */
  readonly name?: string;
}

/** `host:port`, an IPv6 literal in brackets. */
export function formatServer(server: ServerAddress): string {
  const host = server.host.replace(/^\[(.*)\]$/, '$1');
  return host.includes(':') ? `[${host}]:${server.port}` : `${host}:${server.port}`;
}

export function formatServers(servers: readonly ServerAddress[]): string {
  return servers.map(formatServer).join(',');
}

/**
 * All addresses of all servers; those whose name cannot be looked up now are left out. Looked up here since the C client would
 * do it on the event loop, and give up on a name that is unknown for a moment.
 */
export async function resolveServers(servers: readonly ServerAddress[]): Promise<readonly ServerAddress[]> {
  const found = await Promise.all(
    servers.map(async ({ host, port }) => {
      const name = host.replace(/^\[(.*)\]$/, '$1');
      const addresses = await lookup(name, { all: true }).catch(() => []);
      return addresses.map(({ address }) => ({ host: address, port, name }));
    }),
  );
  return found.flat();
}
