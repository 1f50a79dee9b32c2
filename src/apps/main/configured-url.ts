import type { CommonOptions } from '../../adapters/cli/session.js';
import { loadConfig } from '../../adapters/config-yaml/load-config.js';
import type { NodepoolConfig } from '../../domain/config/config.js';
import { currentEnvironment } from './current-environment.js';
import { loadOptions } from './load-options.js';
import { socketOf } from './open-socket.js';

/** Where the API of the configuration is. @throws Error saying that none is known */
export async function configuredUrl({ configPath, securePath }: CommonOptions): Promise<string> {
  const hint = 'name it with --url or NODEPOOL_URL (https://host:port or unix:/path)';
  const reading = loadOptions(configPath, securePath, currentEnvironment());
  const { config } = await loadConfig(reading).catch((error: unknown) => {
    throw new Error(`there is no configuration that says where Nodepool is (${(error as Error).message}); ${hint}`);
  });
  const url = apiUrl(config);
  if (url === null) throw new Error(`there is no lease-api in ${configPath}; ${hint}`);
  return url;
}

/** The socket first: it needs no token. */
function apiUrl(config: NodepoolConfig): string | null {
  const socket = socketOf(config);
  if (socket !== null) return `unix:${socket}`;
  const { tcp } = config.leaseApi ?? {};
  if (!tcp) return null;
  const { address, port, tls } = tcp;
  return `${tls ? 'https' : 'http'}://${reachableHost(address)}:${port}`;
}

/** Whoever listens on all addresses can be reached on the one of this machine. */
function reachableHost(address: string): string {
  if (address === '0.0.0.0' || address === '') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
