import path from 'node:path';
import type { CommonOptions } from '../../adapters/cli/session.js';
import { ApiConnection } from '../../adapters/http-client/api-connection.js';
import { HttpLeaseService } from '../../adapters/http-client/http-lease-service.js';
import { FilePrivateFolders } from '../../adapters/system/file-private-folders.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { SystemRandom } from '../../adapters/system/system-random.js';
import { ProcessStopSignals, TerminalPrograms } from '../../adapters/system/terminal-programs.js';
import { LeaseClerk } from '../lease-client/lease-clerk.js';
import { currentEnvironment } from './current-environment.js';

/** Whoever asks for machines on behalf of this process. */
export async function openLeaseClerk(options: CommonOptions): Promise<LeaseClerk> {
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
}

/**
 * The API of the Nodepool that the options name: by URL, and then no configuration is read, else by the configuration.
 * @throws Error saying that no API is known, ApiAddressError, ApiCredentialError, ConfigError
 */
async function openApi(options: CommonOptions): Promise<ApiConnection> {
  const environment = currentEnvironment();
  return ApiConnection.open(
    options.url ?? (await (await import('./configured-url.js')).configuredUrl(options)),
    environment,
  );
}
