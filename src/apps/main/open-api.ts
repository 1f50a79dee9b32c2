import { readFile } from 'node:fs/promises';
import type { ApiListener } from '../../adapters/http/api/api-listener.js';
import type { LeaseApiConfig } from '../../domain/config/lease-api.js';
import type { Logger } from '../../ports/telemetry/logger.js';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken by another program; set lease-api.port',
  EACCES: 'not allowed; set lease-api.port to 1024 or above',
  EADDRNOTAVAIL: 'this machine has no such address; set lease-api.listen-address',
  ENOTFOUND: 'there is no such address; set lease-api.listen-address',
};

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

/** Opens the listeners of the configuration. @throws Error saying which setting to change; nothing listens then */
export async function openApi(
  api: ApiListener,
  { tcp, socket }: Pick<LeaseApiConfig, 'tcp' | 'socket'>,
  tokens: number,
  logger: Logger,
): Promise<void> {
  try {
    if (tcp) await openTcp(api, tcp, tokens, logger);
    if (socket !== null) {
      await api.listenOnUnixSocket(socket);
      logger.info(`The lease API listens on ${socket}`);
    }
  } catch (error) {
    await api.close();
    throw error;
  }
}

async function openTcp(
  api: ApiListener,
  { address, port, tls }: NonNullable<LeaseApiConfig['tcp']>,
  tokens: number,
  logger: Logger,
): Promise<void> {
  if (tokens === 0)
    throw new Error(
      'The lease API cannot listen: there are no lease-tokens in the secure file (-s), so nobody could use it; ' +
        'make one with "nodepool token NAME", or give lease-api only a socket',
    );
  if (!tls && !LOOPBACK.test(address))
    logger.warn(`The lease API listens at ${address} without tls: tokens can be read on the network`);
  try {
    const actual = await api.listenOnTcp({ address, port, tls: tls && (await readTls(tls)) });
    logger.info(`The lease API listens at ${tls ? 'https' : 'http'}://${address}:${actual}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`The lease API cannot listen at ${address}:${port}: ${REASONS[code ?? ''] ?? message}`, {
      cause: error,
    });
  }
}

async function readTls(files: {
  readonly cert: string;
  readonly key: string;
}): Promise<{ readonly cert: string; readonly key: string }> {
  const read = async (name: 'cert' | 'key'): Promise<string> => {
    try {
      return await readFile(files[name], 'utf8');
    } catch (error) {
      throw new Error(`lease-api.tls.${name} ${files[name]} cannot be read`, { cause: error });
    }
  };
  return { cert: await read('cert'), key: await read('key') };
}
