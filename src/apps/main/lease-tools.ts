import path from 'node:path';
import type { LeaseTools } from '../../adapters/cli/leases/lease-tools.js';
import type { CommonOptions } from '../../adapters/cli/session.js';
import { loadConfig } from '../../adapters/config-yaml/load-config.js';
import { ApiConnection } from '../../adapters/http-client/api-connection.js';
import { HttpLeaseService } from '../../adapters/http-client/http-lease-service.js';
import { FilePrivateFolders } from '../../adapters/system/file-private-folders.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { SystemRandom } from '../../adapters/system/system-random.js';
import { ProcessStopSignals, TerminalPrograms } from '../../adapters/system/terminal-programs.js';
import type { LeaseApiConfig } from '../../domain/config/lease-api.js';
import { LeaseClerk } from '../lease-client/lease-clerk.js';
import { currentEnvironment, loadOptions } from './daemon.js';

/** Commands about leases on this machine. */
export const leaseTools: LeaseTools = {
  async open(options) {
    const api = await openApi(options);
    return new LeaseClerk({
      service: new HttpLeaseService(api),
      clock: new SystemClock(),
      random: new SystemRandom(),
      programs: new TerminalPrograms(),
      folders: new FilePrivateFolders(currentEnvironment()),
      stops: new ProcessStopSignals(),
      folderName: path.basename(process.cwd()) || 'root',
      close: () => api.close(),
    });
  },
};

/**
 * The API of the Nodepool that the options name: by URL, and then no configuration is read, else by the configuration.
 * @throws Error saying that no API is known, ApiAddressError, ApiCredentialError, ConfigError
 */
export async function openApi(options: CommonOptions): Promise<ApiConnection> {
  const environment = currentEnvironment();
  return ApiConnection.open(options.url ?? (await configuredUrl(options)), environment);
}

async function configuredUrl({ configPath, securePath }: CommonOptions): Promise<string> {
  const hint = 'name it with --url or NODEPOOL_URL (https://host:port or unix:/path)';
  const loaded = await loadConfig(loadOptions(configPath, securePath, currentEnvironment())).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}\nno Nodepool to ask is known without a configuration; ${hint}`);
  });
  const url = apiUrl((loaded.config as { readonly leaseApi?: LeaseApiConfig }).leaseApi);
  if (url === null) throw new Error(`there is no lease-api in ${configPath}; ${hint}`);
  return url;
}

/** The socket first: it needs no token. */
function apiUrl(api: LeaseApiConfig | undefined): string | null {
  if (api?.socket) return `unix:${api.socket}`;
  if (!api?.tcp) return null;
  const { address, port, tls } = api.tcp;
  return `${tls ? 'https' : 'http'}://${reachableHost(address)}:${port}`;
}

/** Whoever listens on all addresses can be reached on the one of this machine. */
function reachableHost(address: string): string {
  if (address === '0.0.0.0' || address === '') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
