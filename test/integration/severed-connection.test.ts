import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, checkBuilt } from '../support/daemon-build.js';
import { until } from '../support/daemon-patience.js';
import { ZooKeeperServer, withoutZooKeeper } from '../support/zookeeper-server.js';

const PROGRAM = join(ROOT, 'test/fixtures/programs/call-into-dead-connection.mjs');

describe.skipIf(withoutZooKeeper())('a call on a connection that has just broken', () => {
  it('fails, and the process lives on in the same session', async () => {
    checkBuilt();
    const server = await ZooKeeperServer.start();
    const near = new Set<Socket>();
    const network = createServer((socket) => {
      const far = connect(server.port, '127.0.0.1');
      near.add(socket);
      for (const [one, other] of [
        [socket, far],
        [far, socket],
      ] as const) {
        one.pipe(other);
        one.on('error', () => undefined).on('close', () => other.destroy());
      }
      socket.on('close', () => near.delete(socket));
    });
    await new Promise<void>((resolve) => network.listen(0, '127.0.0.1', resolve));
    const { port } = network.address() as AddressInfo;
    // A process of its own: it used to be aborted.
    const child = spawn(process.execPath, [PROGRAM, String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let end: string | undefined;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (text.includes('reset\n')) for (const socket of near) socket.resetAndDestroy();
      });
    }
    child.once('close', (code, signal) => (end = String(signal ?? code)));
    try {
      await until('the program ends', () => end, { story: () => said });
      expect({ end, said: said.split('\n').filter((line) => line !== '') }).toEqual({
        end: '0',
        said: [1, 2, 3]
          .flatMap((round) => ['reset', `round ${round}: ${'ConnectionLostError '.repeat(3).trimEnd()}`])
          .concat('generation 1'),
      });
    } finally {
      child.kill('SIGKILL');
      network.close();
      await server.stop();
    }
  });
});
