import net from 'node:net';
import ssh2 from 'ssh2';

export interface KeyPairReturn {
  readonly private: string;
  readonly public: string;
}

export function newKey(type: 'ed25519' | 'rsa' | 'ecdsa'): KeyPairReturn {
  if (type === 'rsa') return ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 });
  if (type === 'ecdsa') return ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  // About one key in 300 that ssh2 makes cannot be read by ssh2.
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** Listens on 127.0.0.1 and answers the port. */
export function listen(server: net.Server | ssh2.Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer();
  const port = await listen(server);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** An SSH server that lets nobody in. */
export class SshServer {
  logins = 0;

  private constructor(
    private readonly server: ssh2.Server,
    readonly port: number,
  ) {}

  static async start(keys: readonly KeyPairReturn[], port: number): Promise<SshServer> {
    const server = new ssh2.Server({ hostKeys: keys.map((key) => key.private) });
    const started = new SshServer(server, await listen(server, port));
    server.on('connection', (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (attempt) => {
        started.logins += 1;
        attempt.reject();
      });
    });
    return started;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
