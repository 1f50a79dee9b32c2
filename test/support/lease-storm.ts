import { expect } from 'vitest';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import { JumpingClock } from './jumping-clock.js';
import { aCaller, aWish, digestOf, leaseConfig, LeaseWorld, type LeaseMember } from './lease-world.js';
import { timedMemoryWorld } from './timed-worlds.js';

const STEPS = 40;
const TTL = 60;
/** A ttl, 30 s more for each of a few gateways that begin anew, and time to take over. */
const LONGEST_ORPHAN = TTL + 180;

interface Held {
  readonly id: string;
  readonly digestedWish: ReturnType<typeof aWish>;
  /** When its holder gave the last sign of life that was answered; null: he has died. */
  alive: number | null;
  /** When he died, on the clock that never jumps. */
  diedAt: number;
  ended: boolean;
  wasActive: boolean;
}

/** Holders and gateways in all kinds of trouble; what leases promise is looked at after each step. */
class Storm {
  readonly world = new LeaseWorld(timedMemoryWorld());
  readonly random: SeededRandom;
  readonly held: Held[] = [];
  private launcher!: LeaseMember;
  private readonly gateways: { member: LeaseMember; clock: JumpingClock }[] = [];

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  async begin(): Promise<void> {
    this.launcher = await this.world.join(leaseConfig(6), { gateway: false });
    await this.join();
    await this.join();
  }

  async step(): Promise<void> {
    const deeds = [
      () => this.create(),
      () => this.create(),
      () => this.repeat(),
      () => this.release(),
      () => this.forget(),
      () => this.kill(),
      () => this.expire(),
      () => this.jump(),
      () => this.loseAnswer(),
    ];
    await this.pick(deeds)?.();
    // Holders that live give a sign of life often enough.
    for (let beats = 1 + Math.floor(this.random.next() * 3); beats > 0; beats -= 1) {
      await this.world.world.passLease(10);
      for (const lease of this.held) if (lease.alive !== null && !lease.ended) await this.beat(lease);
    }
    await this.check();
  }

  /** Everything is given back, and time passes. */
  async calm(): Promise<void> {
    for (const lease of this.held) if (!lease.ended) await this.end(lease);
    await this.world.world.passLease(TTL + 60);
    const left = this.world.nodes(this.launcher).filter(({ state }) => state !== 'ready');
    expect(left.map(({ id, state }) => [id, state])).toEqual([]);
    expect([...this.launcher.records.requests.view.all().keys()]).toEqual([]);
    for (const { id } of this.held)
      expect(
        await this.world.settle(this.launcher.store.list(`/nodepool/leases/${id}/lock`)).then((l) => l ?? []),
      ).toEqual([]);
    await this.world.end();
  }

  private async check(): Promise<void> {
    const owners = new Map<string, string>();
    for (const lease of [...this.held]) {
      const stored = await this.world.settle(this.launcher.records.leases.read(lease.id));
      if (!stored) {
        // Its time in the list is over, for a gateway whose clock goes ahead at least; nobody asks for it again.
        expect([lease.id, lease.ended || lease.alive === null]).toEqual([lease.id, true]);
        this.held.splice(this.held.indexOf(lease), 1);
        continue;
      }
      const { state, outcome, nodes } = stored.value;
      if (lease.ended) expect([lease.id, state]).toEqual([lease.id, 'ended']);
      if (state === 'active') lease.wasActive = true;
      for (const { id } of state === 'active' ? nodes : []) {
        expect([id, owners.get(id)]).toEqual([id, undefined]);
        owners.set(id, lease.id);
        expect([id, this.launcher.records.nodes.view.get(id)?.value.state]).toEqual([id, 'in-use']);
      }
      // [L11]: whose holder has died ends, however often gateways change meanwhile.
      const orphaned = this.world.clock.monotonic() - lease.diedAt > LONGEST_ORPHAN;
      if (orphaned) expect([lease.id, state]).toEqual([lease.id, 'ended']);
      // [L13]: nobody who gives signs of life loses his lease, whatever the clocks say.
      if (lease.alive !== null && !lease.ended) expect([lease.id, outcome]).toEqual([lease.id, null]);
    }
  }

  private async join(): Promise<void> {
    const clock = new JumpingClock(this.world.clock);
    const member = await this.world.join(leaseConfig(6), { launcher: false, clock });
    this.gateways.push({ member, clock });
  }

  private get desk(): LeaseMember['desk'] {
    return (this.pick(this.gateways) as { member: LeaseMember }).member.desk;
  }

  private async create(): Promise<void> {
    if (this.held.filter(({ ended }) => !ended).length >= 5) return;
    const wish = aWish({ ttl: TTL, labels: this.random.next() < 0.3 ? ['small', 'large'] : ['small'] });
    const lease: Held = {
      id: this.random.uuid(),
      digestedWish: wish,
      alive: 0,
      diedAt: Infinity,
      ended: false,
      wasActive: false,
    };
    this.held.push(lease);
    await this.persist(() => this.desk.create(lease.id, wish, digestOf(wish), aCaller()));
  }

  private async repeat(): Promise<void> {
    const lease = this.pick(this.held);
    if (!lease) return;
    const wish = lease.digestedWish;
    const again = await this.persist(() => this.desk.create(lease.id, wish, digestOf(wish), aCaller()));
    expect(again?.description.lease.id).toBe(lease.id);
  }

  private async beat(lease: Held): Promise<void> {
    await this.persist(() => this.desk.describe(lease.id, aCaller()));
    lease.alive = this.world.clock.monotonic();
  }

  private async release(): Promise<void> {
    const lease = this.pick(this.held);
    if (lease) for (let times = 0; times < 2; times += 1) await this.end(lease);
  }

  private async end(lease: Held): Promise<void> {
    await this.persist(() => this.desk.end(lease.id, aCaller(), { verdict: 'ok', note: null }));
    lease.ended = true;
  }

  private forget(): Promise<void> {
    const lease = this.pick(this.held);
    if (lease && lease.alive !== null) Object.assign(lease, { alive: null, diedAt: this.world.clock.monotonic() });
    return Promise.resolve();
  }

  /** Whoever starts anew has nothing but the times in the records: they are right ones then. */
  private async kill(): Promise<void> {
    for (const { clock } of this.gateways) clock.offset = 0;
    for (const lease of this.held) if (lease.alive !== null && !lease.ended) await this.beat(lease);
    const index = Math.floor(this.random.next() * this.gateways.length);
    const [gateway] = this.gateways.splice(index, 1);
    if (this.gateways.length === 0 || this.random.next() < 0.7) await this.join();
    if (gateway) await this.world.kill(gateway.member);
  }

  private async expire(): Promise<void> {
    const gateway = this.pick(this.gateways);
    if (gateway) await this.world.settle(this.world.world.expire(gateway.member.store));
  }

  private jump(): Promise<void> {
    const gateway = this.pick(this.gateways);
    if (gateway) gateway.clock.offset = (this.random.next() - 0.5) * 7200;
    return Promise.resolve();
  }

  private loseAnswer(): Promise<void> {
    const gateway = this.pick(this.gateways);
    if (gateway) this.world.world.loseNextReply(gateway.member.store, this.random.next() < 0.5 ? 'write' : 'create');
    return Promise.resolve();
  }

  /** As a client does: again until there is an answer. */
  private async persist<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.world.settle(work());
      } catch (error) {
        if ((error as { code?: string }).code !== 'store-away' || attempt > 20) throw error;
        await this.world.world.passLease(1);
      }
    }
  }

  private pick<T>(all: readonly T[]): T | undefined {
    return all[Math.floor(this.random.next() * all.length)];
  }
}

/** One storm from its beginning to the calm after it. @throws the first broken rule */
export async function runStorm(seed: number): Promise<void> {
  const storm = new Storm(seed);
  await storm.begin();
  for (let step = 0; step < STEPS; step += 1) await storm.step();
  await storm.calm();
}
