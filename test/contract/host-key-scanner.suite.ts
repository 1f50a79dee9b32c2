import net from 'node:net';
import type { KeyPairReturn } from './host-key-server.js';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { NoHostKeysError, ScanTimeoutError } from '../../src/ports/runtime/host-key-scan.js';
import type { HostKeyScanner, HostKeyScanTarget } from '../../src/ports/runtime/host-key-scan.js';
import { closedPort, listen, newKey, SshServer } from './host-key-server.js';

export interface ScannerBench {
  readonly scanner: HostKeyScanner;
  /** Scans that may run at once. */
  readonly maxScans: number;
  /** Longer than one try may take. */
  readonly longerThanTry: number;
}

/** What scanning for host keys promises, against servers on this machine. */
export function describeHostKeyScannerContract(name: string, makeBench: () => ScannerBench): void {
  describe(`host key scanner contract: ${name}`, () => {
    let ed25519: KeyPairReturn;
    let rsa: KeyPairReturn;
    let ecdsa: KeyPairReturn;
    const closing: (() => Promise<void>)[] = [];
    beforeAll(() => {
      ed25519 = newKey('ed25519');
      rsa = newKey('rsa');
      ecdsa = newKey('ecdsa');
    });
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
    });

    const sshServer = async (keys: readonly KeyPairReturn[], port = 0): Promise<SshServer> => {
      const server = await SshServer.start(keys, port);
      closing.push(() => server.close());
      return server;
    };
    const rawServer = async (onConnection: (socket: net.Socket) => void): Promise<number> => {
      const sockets = new Set<net.Socket>();
      const server = net.createServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        onConnection(socket);
      });
      closing.push(async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      });
      return listen(server);
    };
    const at = (port: number, gather: HostKeyScanTarget['gather'] = 'keys'): HostKeyScanTarget => ({
      host: '127.0.0.1',
      port,
      gather,
    });
    const publicPart = (key: KeyPairReturn): string => key.public.split(' ').slice(0, 2).join(' ');

    it('answers one key of each type the server offers, and logs in nowhere', async () => {
      const { scanner } = makeBench();
      const server = await sshServer([ed25519, rsa, ecdsa]);
      const keys = await scanner.scan(at(server.port), 20);
      expect([...keys].sort()).toEqual([publicPart(ed25519), publicPart(rsa), publicPart(ecdsa)].sort());
      expect(server.logins).toBe(0);
    });

    it('answers the only key of a server with one', async () => {
      const { scanner } = makeBench();
      const server = await sshServer([rsa]);
      expect(await scanner.scan(at(server.port), 20)).toEqual([publicPart(rsa)]);
    });

    it('waits for a server that comes up late', async () => {
      const { scanner } = makeBench();
      const port = await closedPort();
      const scanning = scanner.scan(at(port), 30);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await sshServer([ed25519], port);
      expect(await scanning).toEqual([publicPart(ed25519)]);
    });

    it('waits for a server that hangs up at first', async () => {
      const { scanner } = makeBench();
      const server = await sshServer([ed25519]);
      let connections = 0;
      const port = await rawServer((socket) => {
        connections += 1;
        if (connections <= 2) return void socket.destroy();
        const real = net.connect(server.port, '127.0.0.1').on('error', () => undefined);
        socket.pipe(real).pipe(socket);
      });
      expect(await scanner.scan(at(port), 30)).toEqual([publicPart(ed25519)]);
    });

    it('gives up on a closed port when the time is over', async () => {
      const { scanner } = makeBench();
      const failed = scanner.scan(at(await closedPort()), 0.5);
      await expect(failed).rejects.toBeInstanceOf(ScanTimeoutError);
      await expect(scanner.scan(at(await closedPort(), 'port'), 0.2)).rejects.toBeInstanceOf(ScanTimeoutError);
    });

    it('finds no key where somebody else answers, or nobody speaks', async () => {
      const { scanner, longerThanTry } = makeBench();
      const web = await rawServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await expect(scanner.scan(at(web), 0.5)).rejects.toBeInstanceOf(NoHostKeysError);
      const mute = await rawServer(() => undefined);
      await expect(scanner.scan(at(mute), longerThanTry)).rejects.toBeInstanceOf(NoHostKeysError);
    });

    it('only connects if no keys are wanted', async () => {
      const { scanner } = makeBench();
      const mute = await rawServer(() => undefined);
      expect(await scanner.scan(at(mute, 'port'), 5)).toEqual([]);
    });

    it('ends with the signal, whatever it is waiting for', async () => {
      const { scanner } = makeBench();
      const reason = new Error('stopped by the test');
      await expect(scanner.scan(at(1), 20, AbortSignal.abort(reason))).rejects.toBe(reason);
      const mute = await rawServer(() => undefined);
      for (const port of [mute, await closedPort()]) {
        const controller = new AbortController();
        const failed = expect(scanner.scan(at(port), 20, controller.signal)).rejects.toBe(reason);
        setTimeout(() => controller.abort(reason), 100);
        await failed;
      }
    });

    it('does not run more scans at once than it may, and those in line can be stopped', async () => {
      const { scanner, maxScans } = makeBench();
      let open = 0;
      let most = 0;
      const mute = await rawServer((socket) => {
        most = Math.max(most, (open += 1));
        socket.on('close', () => (open -= 1));
      });
      const first = new AbortController();
      const stopped = new Error('stopped by the test');
      const running = Array.from({ length: maxScans + 3 }, () => scanner.scan(at(mute), 20, first.signal));
      const all = Promise.allSettled(running);
      await vi.waitFor(() => expect(open).toBe(maxScans), { timeout: 30_000 });
      // One more would come now.
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(most).toBe(maxScans);
      first.abort(stopped);
      for (const result of await all) expect(result).toMatchObject({ status: 'rejected', reason: stopped });
      const server = await sshServer([ed25519]);
      expect(await scanner.scan(at(server.port), 20)).toHaveLength(1);
    });
  });
}
