import type { ZooKeeperConfig } from './config.js';

/** `host:port` with IPv6 literals in brackets (spec LAUNCHER 1.1). */
export function serverAddress(server: { readonly host: string; readonly port: number }): string {
  const host = server.host.includes(':') && !server.host.startsWith('[') ? `[${server.host}]` : server.host;
  return `${host}:${server.port}`;
}

/** All servers, with the chroot once at the end: clients take everything after the first slash as the chroot. */
export function connectionString(config: Pick<ZooKeeperConfig, 'servers' | 'chroot'>): string {
  return config.servers.map(serverAddress).join(',') + config.chroot;
}
