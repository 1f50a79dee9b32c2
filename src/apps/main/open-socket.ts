import path from 'node:path';
import type { ApiListener } from '../../adapters/http/api/api-listener.js';
import type { NodepoolConfig } from '../../domain/config/config.js';
import { TOKENS } from '../composition/tokens.js';
import type { NodepoolProcess } from './daemon.js';
import { openApi } from './open-api.js';

const SOCKET = 'nodepool.sock';

/** Where the commands of this machine find the daemon (spec store, "The command line beside a running daemon"). */
export function socketOf({ leaseApi, store }: Pick<NodepoolConfig, 'leaseApi' | 'store'>): string | null {
  return leaseApi?.socket ?? (store ? path.join(store.directory, SOCKET) : null);
}

/**
 * Opens the API where the configuration has it, and at the store's own socket, which is always there.
 * @throws Error, in words for people; nothing listens then
 */
export async function openListeners(
  { container, logger }: NodepoolProcess,
  directory: string | null,
): Promise<ApiListener> {
  const api = container.get(TOKENS.api);
  const { leaseApi, leaseTokens } = container.get(TOKENS.config).current;
  await openApi(api, leaseApi ?? { tcp: null, socket: null }, leaseTokens?.length ?? 0, logger);
  const own = directory === null ? null : path.join(directory, SOCKET);
  if (own !== null && own !== leaseApi?.socket) await openApi(api, { tcp: null, socket: own }, 0, logger);
  return api;
}
