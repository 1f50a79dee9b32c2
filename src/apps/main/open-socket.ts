import path from 'node:path';
import { ApiListener } from '../../adapters/http/api/api-listener.js';
import type { NodepoolConfig } from '../../domain/config/config.js';
import { TOKENS } from '../composition/tokens.js';
import type { NodepoolProcess } from './daemon.js';

/** Where the commands of this machine find the daemon (spec store, "The command line beside a running daemon"). */
export function socketOf({ leaseApi, store }: Pick<NodepoolConfig, 'leaseApi' | 'store'>): string | null {
  return leaseApi?.socket ?? (store ? path.join(store.directory, 'nodepool.sock') : null);
}

/** The store's own socket, which is always there. Answers the process with the socket, which ends with it. @throws Error, in words for people */
export async function withSocket(running: NodepoolProcess, directory: string): Promise<NodepoolProcess> {
  const { container, logger } = running;
  const api = new ApiListener({
    routes: container.get(TOKENS.adminRoutes),
    tokens: () => [],
    logger: logger.child('api'),
  });
  await api.listenOnUnixSocket(path.join(directory, 'nodepool.sock'));
  return {
    ...running,
    close: async () => {
      await api.close();
      await container.get(TOKENS.providers).stop();
      await running.close();
    },
  };
}
