import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  connectionKey,
  readConnections,
  unacknowledgedOnLinux,
} from '../../../src/adapters/http/api/unacknowledged.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { eventually } from '../../support/eventually.js';
import { LeaseApiWorld } from '../../support/lease-api-world.js';
import { leaseConfig } from '../../support/lease-world.js';
import { leaseListeners } from '../../support/lease-listeners.js';

/** Seconds between two comments. */
const COMMENT = 15;

describe('a client of events that vanishes without a word', () => {
  const agent = new Agent();
  let clock: VirtualClock;
  let unheard: Map<string, number>;
  let api: LeaseApiWorld;
  let text: string;
  let response: IncomingMessage;

  beforeEach(async () => {
    clock = new VirtualClock();
    unheard = new Map();
    api = await LeaseApiWorld.open(leaseConfig(), { clock, unacknowledged: () => Promise.resolve(unheard) });
    const id = await api.active();
    response = await new Promise((resolve, reject) => {
      const headers = { Authorization: 'Bearer np_team-a' };
      const options = { host: '127.0.0.1', port: api.port, path: `/api/v1/leases/${id}/events`, headers, agent };
      request(options, resolve).once('error', reject).end();
    });
    text = '';
    response.on('data', (data) => (text += String(data))).on('error', () => undefined);
    await eventually('the first event is there', () => text.includes('event: lease'));
  });
  afterEach(async () => {
    agent.destroy();
    await api.end();
  });

  const followers = (): number => leaseListeners(api.member.desk).size;
  const comments = (): number => text.split(': still here').length - 1;
  const key = (): string => {
    const { localPort, remotePort } = response.socket;
    return `${remotePort}-${localPort}`;
  };

  /** So many comments; what comes arrives before the next. */
  async function pass(times: number, bytes: (time: number) => number): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      unheard = new Map([[key(), bytes(time)]]);
      const before = comments();
      await clock.advance(COMMENT);
      await eventually('a comment has come, or the end', () => comments() > before || response.destroyed);
    }
  }

  test('is let go a minute after what he did not acknowledge any more', async () => {
    await pass(3, () => 13);
    expect([comments(), followers()]).toEqual([3, 1]);
    await pass(1, () => 13);
    await eventually('nobody follows', () => followers() === 0);
    expect(comments()).toBe(3);
  });

  test('is not taken for one who is slow, or who asks over another connection', async () => {
    await pass(9, (time) => (time % 4 === 3 ? 0 : 5000));
    expect([comments(), followers()]).toEqual([9, 1]);
    unheard = new Map([['1-2', 13]]);
    for (let time = 0; time < 6; time += 1) await clock.advance(COMMENT);
    await eventually('the comments have come', () => comments() === 15);
    expect(followers()).toBe(1);
  });

  test('leaves no timer behind', async () => {
    response.destroy();
    await eventually('nobody follows', () => followers() === 0);
    await clock.advance(COMMENT);
    expect(clock.pending).toBe(0);
  });
});

describe('what was not acknowledged', () => {
  test('is read from the tables of Linux, of connections that are up', () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1145 1 00000000ec19773b 100 0 0 10 0
   1: 0100007F:B553 0100007F:A8FA 01 00000072:00000005 01:000008E2 00000007     0        0 325251 1 000000004c66be58 100 0 0 10 0
   2: 0100007F:B554 0100007F:A8FB 01 00000000:00000000 02:00000013 00000000     0        0 325252 1 000000004c66be58 100 0 0 10 0
   3: 0200007F:B553 0300007F:A8FC 01 00000010:00000000 01:000008E2 00000007     0        0 325253 1 000000004c66be58 100 0 0 10 0
   4: 0200007F:B553 0400007F:A8FC 01 00000002:00000000 01:000008E2 00000007     0        0 325254 1 000000004c66be58 100 0 0 10 0
`;
    expect([...readConnections(table)]).toEqual([
      ['46419-43258', 0x72],
      ['46420-43259', 0],
      ['46419-43260', 2],
    ]);
    expect(readConnections('').size).toBe(0);
  });

  test('is none of a socket in the file system', () => {
    expect(connectionKey({})).toBeNull();
  });

  const real = async (): Promise<void> => {
    const server = createServer((socket) => accepted.push(socket.on('error', () => undefined)));
    const accepted: Socket[] = [];
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    try {
      await eventually('they are connected', () => accepted.length === 1 && !client.connecting);
      const [socket] = accepted;
      if (!socket) throw new Error('nobody came');
      const bytes = async (): Promise<number | undefined> =>
        (await unacknowledgedOnLinux()).get(connectionKey(socket) ?? '');
      expect(await bytes()).toBe(0);
      // More than the buffers of both ends hold, for one who does not read.
      socket.write(Buffer.alloc(32 * 1024 * 1024));
      await eventually('something is left', async () => ((await bytes()) ?? 0) > 0);
    } finally {
      client.destroy();
      accepted.forEach((socket) => socket.destroy());
      server.close();
    }
  };
  if (process.platform === 'linux') test('is told of real connections', real);
});
