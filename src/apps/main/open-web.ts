import type { WebServer } from '../../adapters/http/web-server.js';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken by another program; set webapp.%',
  EACCES: 'not allowed; set webapp.% to 1024 or above',
  EADDRNOTAVAIL: 'this machine has no such address; set webapp.listen_address',
  ENOTFOUND: 'there is no such address; set webapp.listen_address',
};

/** Opens the web interface; answers the port. @throws Error saying which setting to change */
export async function openWeb(
  web: WebServer,
  address: string,
  port: number,
  setting: 'port' | 'builder_port' = 'port',
): Promise<number> {
  try {
    return await web.listen(port, address);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = REASONS[code ?? '']?.replace('%', setting) ?? message;
    throw new Error(`The web interface cannot listen at ${address}:${port}: ${reason}`, { cause: error });
  }
}
