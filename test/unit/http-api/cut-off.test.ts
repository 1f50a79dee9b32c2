import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { LeaseApiWorld } from '../../support/lease-api-world.js';
import { leaseConfig } from '../../support/lease-world.js';
import { leaseListeners } from '../../support/lease-listeners.js';

/** Connections that the listener takes at once. */
const MOST = 3;

describe('[L1] [L6] a client that is cut off', () => {
  let api: LeaseApiWorld;

  beforeEach(async () => {
    api = await LeaseApiWorld.open(leaseConfig(), { limits: { connections: MOST } });
  });
  afterEach(() => api.end());

  const wish = { labels: ['small'] };
  const leases = (): number => api.member.records.leases.view.all().size;
  const heartbeats = (id: string): number | undefined => api.member.records.leases.view.get(id)?.value.heartbeat.count;

  /** Sends a request and hangs up once `taken` shows that it has arrived, without listening. */
  async function cutOff(method: string, path: string, body: object | null, taken: () => boolean): Promise<void> {
    const text = body === null ? '' : JSON.stringify(body);
    const head = [
      `${method} /api/v1${path} HTTP/1.1`,
      'Host: nodepool',
      'Authorization: Bearer np_team-a',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(text)}`,
    ];
    const socket = connect(api.port, '127.0.0.1').on('error', () => undefined);
    socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
    await eventually('it has arrived', taken);
    socket.resetAndDestroy();
  }

  test('because too many are there is served when he repeats it and somebody has gone', async () => {
    const others = Array.from({ length: MOST }, () => connect(api.port, '127.0.0.1'));
    const id = randomUUID();
    try {
      await Promise.all(others.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
      await expect(api.call('PUT', `/leases/${id}`, wish)).rejects.toThrow(/ECONNRESET|hang up/);
      expect(leases()).toBe(0);
    } finally {
      others.forEach((socket) => socket.destroy());
    }
    const repeated = async (): Promise<number> => (await api.call('PUT', `/leases/${id}`, wish)).status;
    await eventually('he is served', () =>
      repeated().then(
        (status) => status === 201,
        () => false,
      ),
    );
    expect(await repeated()).toBe(200);
    expect(leases()).toBe(1);
  });

  test('while a lease is made for him finds that one when he repeats it', async () => {
    const id = randomUUID();
    await cutOff('PUT', `/leases/${id}`, wish, () => leases() === 1);
    const again = await api.call('PUT', `/leases/${id}`, wish);
    expect([again.status, again.body['id']]).toEqual([200, id]);
    expect(leases()).toBe(1);
    expect((await api.call('GET', `/leases/${id}?wait=20`)).body['state']).toBe('active');
  });

  test('while he waits is answered by the next poll, and waits only once', async () => {
    const full = await api.active({ labels: ['small', 'small', 'small', 'small'] });
    const id = String((await api.call('POST', '/leases', wish)).body['id']);
    const listeners = leaseListeners(api.member.desk);
    const waits = (): number => listeners.get(id)?.size ?? 0;
    await cutOff('GET', `/leases/${id}?wait=50`, null, () => waits() === 1);
    await eventually('nobody waits', () => waits() === 0);
    const next = api.call('GET', `/leases/${id}?wait=50`);
    await eventually('he waits again', () => waits() === 1);
    await api.call('DELETE', `/leases/${full}`);
    expect((await next).body['state']).toBe('active');
  });

  test('while he renews, or gives back, may do so again', async () => {
    const id = await api.active();
    const before = heartbeats(id) ?? 0;
    await cutOff('POST', `/leases/${id}/renew`, null, () => (heartbeats(id) ?? 0) > before);
    expect((await api.call('POST', `/leases/${id}/renew`)).status).toBe(200);
    const ended = (): boolean => api.member.records.leases.view.get(id)?.value.state === 'ended';
    await cutOff('DELETE', `/leases/${id}`, { outcome: 'ok' }, ended);
    expect((await api.call('DELETE', `/leases/${id}`, { outcome: 'ok' })).status).toBe(204);
  });
});
