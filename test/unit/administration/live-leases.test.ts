import { describe, expect, it } from 'vitest';
import { liveLeases } from '../../../src/apps/administration/live/live-leases.js';
import { LEASE_DEFAULTS, type NodeLease } from '../../../src/domain/model/lease.js';
import type { Stored } from '../../../src/domain/model/stored.js';
import { aLeasedNode } from '../../support/builders.js';

function stored(id: string, change: Partial<NodeLease> = {}): Stored<NodeLease> {
  const value = { ...LEASE_DEFAULTS, state: 'waiting' as const, stateTime: 100, createdAt: 100, holder: 'team-a' };
  return { id, version: 0, value: { ...value, ...change } };
}

const active = { state: 'active', activeAt: 200, maxDuration: 1000, expiresAt: 500 } as const;
const until = (change: Partial<NodeLease>): number | null | undefined =>
  liveLeases([stored('1', change)]).open[0]?.until;

describe('leases on the live page', () => {
  it('are those that have not ended, newest first, with what they hold', () => {
    const shown = liveLeases([
      stored('a', { createdAt: 100, labels: ['small'] }),
      stored('b', { state: 'ended', outcome: 'released', createdAt: 300 }),
      stored('c', {
        ...active,
        createdAt: 200,
        purpose: 'job 17',
        labels: ['small', 'large'],
        nodes: [aLeasedNode('0000000001'), aLeasedNode('0000000002')],
      }),
    ]);
    expect(shown.total).toBe(2);
    expect(shown.states).toEqual([
      { state: 'active', count: 1 },
      { state: 'waiting', count: 1 },
    ]);
    expect(shown.open.map(({ id }) => id)).toEqual(['c', 'a']);
    expect(shown.open[0]).toEqual({
      id: 'c',
      holder: 'team-a',
      purpose: 'job 17',
      state: 'active',
      since: 200,
      until: 500,
      labels: ['small', 'large'],
      nodes: ['0000000001', '0000000002'],
    });
  });

  it('end with the wait, without a sign of life, or at their longest', () => {
    expect(until({ wait: null })).toBeNull();
    expect(until({ wait: 60 })).toBe(160);
    expect(until(active)).toBe(500);
    expect(until({ ...active, maxDuration: 30 })).toBe(230);
  });

  it('show nothing that lets anybody in, nor what the record keeps for itself', () => {
    const nodes = [aLeasedNode('0000000001', { hostKeys: ['HOSTKEY'], username: 'USER', publicIpv4: '192.0.2.1' })];
    const keys = { sshKeys: ['ssh-ed25519 SECRET'], wishDigest: 'DIGEST', extra: { token: 'TOKEN' }, note: 'NOTE' };
    const shown = liveLeases([stored('1', { ...active, ...keys, nodes, tenant: 'TENANT' })]);
    expect(JSON.stringify(shown)).not.toMatch(/SECRET|DIGEST|TOKEN|NOTE|HOSTKEY|USER|TENANT|192\.0\.2\.1/);
  });

  it('are a hundred at most, with texts that are cut', () => {
    const texts = { holder: 'h'.repeat(9000), purpose: 'p'.repeat(9000), labels: Array<string>(900).fill('l') };
    const shown = liveLeases(Array.from({ length: 3000 }, (_, index) => stored(`${index}`, texts)));
    expect(shown.total).toBe(3000);
    expect(shown.open).toHaveLength(100);
    expect(JSON.stringify(shown).length).toBeLessThan(200_000);
  });
});
