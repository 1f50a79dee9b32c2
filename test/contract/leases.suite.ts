import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LeaseRefusedError } from '../../src/ports/leasing/lease-desk.js';
import { aCaller, ADMIN, aWish, digestOf, leaseConfig, LeaseWorld, type LeaseMember } from '../support/lease-world.js';
import type { TimedStoreWorld } from '../support/lease-world.js';

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return (error as LeaseRefusedError).code;
  }
  return 'none';
}

/** What leases promise, whatever the store (spec leases). */
export function describeLeases(adapter: string, makeWorld: () => TimedStoreWorld | Promise<TimedStoreWorld>): void {
  describe(`leases on ${adapter}`, () => {
    let world: LeaseWorld;
    let member: LeaseMember;

    beforeEach(async () => {
      world = new LeaseWorld(await makeWorld());
      member = await world.join();
    });
    afterEach(() => world.end());

    it('gives the nodes of all labels together, in their order, and takes them back', async () => {
      const id = await world.active(member, { labels: ['small', 'large', 'small'] });
      const lease = await world.lease(member, id);
      expect(lease.nodes.map(({ label }) => label)).toEqual(['small', 'large', 'small']);
      for (const { id: node } of lease.nodes)
        expect(member.records.nodes.view.get(node)?.value).toMatchObject({ state: 'in-use', comment: `lease ${id}` });
      expect(member.records.requests.view.all().size).toBe(0);
      await world.settle(member.desk.end(id, aCaller(), { verdict: null, note: null }));
      expect(await world.lease(member, id)).toMatchObject({ state: 'ended', outcome: 'released' });
      await world.world.eventually('the nodes are gone', () => world.nodes(member).length === 0);
    });

    it('[L1] the same wish under the same id is one lease, from whichever gateway, also after its end', async () => {
      const other = await world.join(leaseConfig(), { launcher: false });
      const id = world.random.uuid();
      const wish = aWish();
      const ask = (of: LeaseMember): Promise<boolean> =>
        of.desk.create(id, wish, digestOf(wish), aCaller()).then(({ created }) => created);
      const answers = await world.settle(Promise.all([ask(member), ask(other), ask(member), ask(other)]));
      expect(answers.filter(Boolean)).toHaveLength(1);
      await world.becomes(member, id, 'active');
      expect(world.inUse(member)).toHaveLength(1);
      await world.settle(other.desk.end(id, aCaller(), { verdict: null, note: null }));
      expect(await world.settle(ask(other))).toBe(false);
      expect(await world.lease(member, id)).toMatchObject({ state: 'ended', outcome: 'released' });
    });

    it('[L1] another wish under the same id, or somebody else, is told that they differ and nothing more', async () => {
      const id = await world.create(member);
      const other = aWish({ ttl: 60 });
      expect(await refusal(world.settle(member.desk.create(id, other, digestOf(other), aCaller())))).toBe(
        'lease-differs',
      );
      const same = aWish();
      const stranger = aCaller('team-b');
      expect(await refusal(world.settle(member.desk.create(id, same, digestOf(same), stranger)))).toBe('lease-differs');
    });

    it('[L2] renewing never shortens, and never goes beyond the end', async () => {
      const id = await world.active(member, { ttl: 300, maxDuration: 600 });
      const first = await world.lease(member, id);
      expect(first.expiresAt).toBeCloseTo((first.activeAt ?? 0) + 300, 3);
      const short = await world.settle(member.desk.renew(id, aCaller(), 30));
      expect(short.lease.value.expiresAt).toBe(first.expiresAt);
      expect(short.lease.value.cappedBy).toBeNull();
      const long = await world.settle(member.desk.renew(id, aCaller(), 86_400));
      expect(long.lease.value.expiresAt).toBe((first.activeAt ?? 0) + 600);
      expect(long.lease.value.cappedBy).toBe('max_duration');
      expect(await world.lease(member, id)).toMatchObject({ state: 'active' });
    });

    it('[L3] a release works from any gateway, any number of times', async () => {
      const other = await world.join(leaseConfig(), { launcher: false });
      const id = await world.active(member);
      const release = (of: LeaseMember): Promise<void> => of.desk.end(id, aCaller(), { verdict: 'ok', note: null });
      await world.settle(release(other));
      await world.settle(Promise.all([release(member), release(other), release(other)]));
      await world.world.eventually('the node is gone', () => world.nodes(member).length === 0);
      expect(await world.lease(member, id)).toMatchObject({ outcome: 'released', verdict: 'ok' });
    });

    it('[L4] what has ended stays ended, whatever is called', async () => {
      await world.active(member, { labels: ['small', 'small', 'small', 'small'] });
      const id = await world.create(member);
      await world.settle(member.desk.end(id, aCaller(), { verdict: null, note: null }));
      expect(await world.lease(member, id)).toMatchObject({ state: 'ended', outcome: 'cancelled', activeAt: null });
      expect(await refusal(world.settle(member.desk.renew(id, aCaller())))).toBe('lease-ended');
      expect(await refusal(world.settle(member.desk.amend(id, aCaller(), { ttl: 60 })))).toBe('lease-ended');
      await world.world.passLease(30);
      expect(await world.lease(member, id)).toMatchObject({ state: 'ended', outcome: 'cancelled' });
      expect(member.records.requests.view.all().size).toBe(0);
    });

    it('[L5] the limit of a holder holds over all gateways, however many ask at once', async () => {
      const other = await world.join(leaseConfig(), { launcher: false });
      const caller = aCaller('team-a', { maxLeases: 3 });
      const ask = async (of: LeaseMember): Promise<string> => {
        const wish = aWish();
        try {
          await of.desk.create(of.desk.freshId(), wish, digestOf(wish), caller, true);
          return 'made';
        } catch (error) {
          return (error as LeaseRefusedError).code;
        }
      };
      const answers = await world.settle(
        Promise.all(Array.from({ length: 12 }, (_, index) => ask(index % 2 === 0 ? member : other))),
      );
      expect(answers.filter((answer) => answer === 'made')).toHaveLength(3);
      expect(answers.filter((answer) => answer === 'too-many-leases')).toHaveLength(9);
      const [{ lease } = { lease: null }] = other.desk.list(caller, { limit: 10 }).leases;
      await world.settle(other.desk.end(lease?.id ?? '', caller, { verdict: null, note: null }));
      expect(await world.settle(ask(member))).toBe('made');
      expect(await world.settle(ask(other))).toBe('too-many-leases');
    });

    it('[L6] whoever waits for a lease is answered when it changes', async () => {
      const id = await world.create(member, { labels: ['small'] });
      const never = new AbortController();
      const answer = await world.settle(member.desk.await(id, aCaller(), 50, never.signal));
      expect(answer.lease.value.state).toBe('active');
    });

    it('[L7] what a caller may not see does not exist for him', async () => {
      const id = await world.active(member);
      const stranger = aCaller('team-b');
      const calls: readonly (() => Promise<unknown>)[] = [
        () => member.desk.describe(id, stranger),
        () => member.desk.renew(id, stranger),
        () => member.desk.amend(id, stranger, { ttl: 60 }),
        () => member.desk.end(id, stranger, { verdict: null, note: null }),
        () => member.desk.describe(world.random.uuid(), stranger),
      ];
      for (const call of calls) expect(await refusal(world.settle(call()))).toBe('no-such-lease');
      expect(member.desk.list(stranger, { limit: 10 }).leases).toEqual([]);
      const reader = aCaller('watcher', { scopes: ['read'] });
      expect(member.desk.list(reader, { limit: 10 }).leases).toHaveLength(1);
      expect(await refusal(world.settle(member.desk.renew(id, reader)))).toBe('not-yours');
      expect(await refusal(world.settle(member.desk.end(id, reader, { verdict: null, note: null })))).toBe('not-yours');
      await world.settle(member.desk.end(id, ADMIN, { verdict: null, note: null }));
      expect(await world.lease(member, id)).toMatchObject({ state: 'ended' });
    });

    it('[L9] a node that does not take the keys is given back, and another one is taken', async () => {
      await world.stop(member);
      const leaseApi = { tcp: null, socket: null, keepEnded: 3600, identity: '/id' };
      const keyed = await world.join(leaseConfig(4, { leaseApi }));
      let failures = 1;
      world.letIn = () => {
        if (failures-- > 0) throw new Error('Permission denied');
      };
      const id = await world.active(keyed, { sshKeys: ['ssh-ed25519 AAAA'] });
      const lease = await world.lease(keyed, id);
      expect(lease.attempts).toBe(1);
      expect(world.keysAdded).toEqual([{ node: lease.nodes[0]?.id, keys: ['ssh-ed25519 AAAA'] }]);
      failures = 100;
      const hopeless = await world.create(keyed, { sshKeys: ['ssh-ed25519 AAAA'] });
      const failed = await world.becomes(keyed, hopeless, 'ended');
      expect(failed).toMatchObject({ outcome: 'failed', attempts: 3 });
      expect(failed.conditions[0]).toMatchObject({ code: 'SSH_KEYS_NOT_ADDED', pool: 'cloud/main' });
      await world.world.eventually('only the leased node is left', () => world.nodes(keyed).length === 1);
    });

    it('[L10] a lease outlives its gateway: another takes it with the locks of its nodes', async () => {
      const gateway = await world.join(leaseConfig(), { launcher: false });
      await world.settle(member.gateway?.stop() ?? Promise.resolve());
      const id = await world.active(gateway, { ttl: 3000 });
      const [node] = world.inUse(member);
      const heir = await world.join(leaseConfig(), { launcher: false });
      await world.kill(gateway);
      await world.world.eventually(
        'the heir holds lease and node',
        // Its mirrors may show the locks of the dead gateway for a while yet.
        () =>
          world.keeps(heir, id) && heir.records.leases.view.locked(id) && heir.records.nodes.view.locked(node ?? ''),
      );
      expect(await world.lease(heir, id)).toMatchObject({ state: 'active' });
      expect(world.inUse(member)).toEqual([node]);
      await world.settle(heir.desk.end(id, aCaller(), { verdict: null, note: null }));
      await world.world.eventually('the node is gone', () => world.nodes(member).length === 0);
    });

    it('[L10] no launcher deletes a node of a lease whose gateway is gone before it has expired', async () => {
      const gateway = await world.join(leaseConfig(), { launcher: false });
      await world.settle(member.gateway?.stop() ?? Promise.resolve());
      const id = await world.active(gateway, { ttl: 120 });
      const [node] = world.inUse(member);
      await world.kill(gateway);
      await world.world.eventually('the node is unlocked', () => !member.records.nodes.view.locked(node ?? ''));
      await world.world.passLease(60);
      expect(world.inUse(member)).toEqual([node]);
      expect(await world.lease(member, id)).toMatchObject({ state: 'active' });
    });

    it('[L11] without any gateway no node is left in use 30 s after the last heartbeat and ttl', async () => {
      const gateway = await world.join(leaseConfig(), { launcher: false });
      await world.settle(member.gateway?.stop() ?? Promise.resolve());
      await world.active(gateway, { ttl: 60 });
      await world.kill(gateway);
      await world.world.passLease(60 + 30 + 5);
      await world.world.eventually('no node is in use', () => world.inUse(member).length === 0);
    });

    it('[L11] an active lease without heartbeats expires, and its nodes go', async () => {
      const id = await world.active(member, { ttl: 60 });
      await world.world.passLease(62);
      expect(await world.becomes(member, id, 'ended')).toMatchObject({ outcome: 'expired' });
      await world.world.eventually('the node is gone', () => world.nodes(member).length === 0);
    });

    it('[L12] a creation whose gateway dies ends as one lease, and leaves nothing behind', async () => {
      const gateway = await world.join(leaseConfig(), { launcher: false });
      const id = await world.create(gateway);
      await world.kill(gateway);
      await world.becomes(member, id, 'active');
      expect(world.inUse(member)).toHaveLength(1);
      await world.settle(member.desk.end(id, aCaller(), { verdict: null, note: null }));
      await world.world.eventually(
        'nothing is left',
        () => world.nodes(member).length === 0 && member.records.requests.view.all().size === 0,
      );
    });

    it('[L13] a restart gives a lease 30 s at least', async () => {
      const gateway = await world.join(leaseConfig(), { launcher: false });
      await world.settle(member.gateway?.stop() ?? Promise.resolve());
      const id = await world.active(gateway, { ttl: 60 });
      await world.kill(gateway);
      await world.world.passLease(65);
      const restarted = await world.join(leaseConfig(), { launcher: false });
      await world.world.passLease(5);
      expect(await world.lease(restarted, id)).toMatchObject({ state: 'active' });
      const kept = await world.settle(restarted.desk.renew(id, aCaller()));
      expect(kept.lease.value.state).toBe('active');
      expect(await world.settle(world.lease(restarted, id))).toMatchObject({ state: 'active' });
    });

    it('[L16] after a creation no gateway says that there is no such lease, and every call sees the one before', async () => {
      const other = await world.join(leaseConfig(), { launcher: false });
      for (let round = 0; round < 5; round += 1) {
        const id = await world.create(member, { labels: ['large'], purpose: `round ${round}` });
        const seen = await world.settle(other.desk.describe(id, aCaller()));
        expect(seen.lease.value.purpose).toBe(`round ${round}`);
        await world.settle(other.desk.amend(id, aCaller(), { purpose: 'changed' }));
        expect((await world.settle(member.desk.describe(id, aCaller()))).lease.value.purpose).toBe('changed');
        await world.settle(member.desk.end(id, aCaller(), { verdict: null, note: null }));
        expect((await world.settle(other.desk.describe(id, aCaller()))).lease.value.state).toBe('ended');
      }
    });

    it('ends as timed_out, failed, limit and lost, as it happens', async () => {
      const full = await world.active(member, { labels: ['small', 'small', 'small', 'small'], maxDuration: 100 });
      const late = await world.create(member, { wait: 10 });
      await world.world.passLease(12);
      expect(await world.becomes(member, late, 'ended')).toMatchObject({ outcome: 'timed_out' });
      const hopeless = await world.create(member, { labels: Array.from({ length: 9 }, () => 'small') });
      const failed = await world.becomes(member, hopeless, 'ended');
      expect(failed.outcome).toBe('failed');
      expect(failed.conditions.map(({ code }) => code)).toContain('REQUEST_OVER_POOL');
      await world.world.passLease(90);
      expect(await world.becomes(member, full, 'ended')).toMatchObject({ outcome: 'limit' });
      const robbed = await world.active(member);
      const { nodes } = await world.lease(member, robbed);
      const path = `/nodepool/nodes/${nodes[0]?.id ?? ''}`;
      const record = await world.settle(member.store.read(path));
      const value = JSON.parse(new TextDecoder().decode(record?.data)) as object;
      await world.settle(
        member.store.write(path, new TextEncoder().encode(JSON.stringify({ ...value, state: 'hold' }))),
      );
      expect(await world.becomes(member, robbed, 'ended')).toMatchObject({ outcome: 'lost' });
    });

    it('a session that is lost costs no lease', async () => {
      const id = await world.active(member);
      const [node] = world.inUse(member);
      const { session } = member.store;
      const before = session.generation;
      await world.settle(world.world.expire(member.store));
      await world.world.eventually(
        'lease and node are held again, by the next session',
        () =>
          session.generation > before &&
          session.state === 'connected' &&
          member.records.leases.view.complete &&
          member.records.leases.view.locked(id) &&
          member.records.nodes.view.locked(node ?? ''),
      );
      expect(await world.lease(member, id)).toMatchObject({ state: 'active' });
      expect(world.inUse(member)).toEqual([node]);
    });
  });
}
