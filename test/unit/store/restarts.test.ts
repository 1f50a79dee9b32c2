import { describe, expect, it } from 'vitest';
import { DurableTree } from '../../../src/adapters/memory/durable/durable-tree.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { SimulatedDisk } from '../../../src/adapters/simulated-engine/simulated-disk.js';
import { SimulatedEngine } from '../../../src/adapters/simulated-engine/simulated-engine.js';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld } from '../../support/launcher-world.js';
import type { RunningLauncher } from '../../support/launcher-world.js';

const SESSION = 10;
const MOST = 4;

/** One life of the daemon: from the opening of the store to the moment in which the power goes. */
interface Life {
  readonly world: LauncherWorld;
  readonly running: RunningLauncher;
}

/** A pool on one machine, whose power fails again and again while people use it; the cloud goes on. */
class OneMachine {
  private readonly disk = new SimulatedDisk();
  private readonly random: SeededRandom;
  /** Gives time and cloud to all lives. */
  private readonly origin: LauncherWorld;
  private life: Life | undefined;
  /** Ids of requests that the store said it has. */
  readonly accepted = new Set<string>();
  private known = new Set<string>();
  /** Numbers of nodes that were seen before this life. */
  private newestBefore = -1;

  constructor(private readonly seed: number) {
    this.random = new SeededRandom(seed);
    this.origin = new LauncherWorld(seed);
  }

  private get world(): LauncherWorld {
    if (!this.life) throw new Error('the power is off');
    return this.life.world;
  }

  async begin(): Promise<void> {
    const { clock, logger } = this.origin;
    const engine = new SimulatedEngine({ disk: this.disk, clock, delay: () => 0.002 + this.random.next() * 0.05 });
    const durable = await DurableTree.open({
      engine,
      place: 'disk',
      clock,
      logger,
      sessionTimeout: SESSION,
      afterTurn: (run) => void clock.schedule(0, run),
    });
    const world = new LauncherWorld(this.seed, {}, this.origin, durable.tree);
    const pool = aPool({ maxServers: MOST });
    const config = aConfig({}, aProvider({ pools: new Map([[pool.name, pool]]) }));
    this.newestBefore = Math.max(-1, ...[...this.known].map(Number));
    this.known = new Set((durable.tree.list('/nodepool/nodes') ?? []).filter((id) => /^\d+$/.test(id)));
    this.life = { world, running: await this.during(world.start(config)) };
  }

  seedImage(): Promise<void> {
    return this.during(this.world.seedImage());
  }

  /** Some requests come in, some are used and given back, and time passes. */
  async work(): Promise<void> {
    for (let deeds = 3 + this.upTo(4); deeds > 0; deeds -= 1) {
      if (this.random.next() < 0.7) this.accepted.add(await this.during(this.world.submit()));
      await this.origin.clock.advance(this.random.next() * 15);
      for (const [id, { value }] of this.world.client.requests.view.all()) {
        if (value.state !== 'fulfilled' || this.random.next() < 0.4) continue;
        await this.during(this.use(id));
      }
      this.look();
    }
  }

  private async use(id: string): Promise<void> {
    const leases = await this.world.accept(id);
    this.accepted.delete(id);
    await this.origin.clock.advance(this.random.next() * 10);
    await this.world.giveBack(leases);
  }

  /** In the middle of whatever is under way. What was not answered may be there or not; a torn end is left behind now and then. */
  async losePower(): Promise<void> {
    const { world, running } = this.life as Life;
    // The one is answered in the very moment before, the other one is not.
    this.accepted.add(await this.during(world.submit()));
    void world.submit().catch(() => undefined);
    if (this.random.next() < 0.5) await this.origin.clock.advance(this.random.next() * 0.05);
    this.life = undefined;
    this.disk.crash({ keep: this.upTo(3), torn: this.random.next() < 0.5 });
    running.store.loseConnection();
    world.clientStore.loseConnection();
    void running.launcher.stop().catch(() => undefined);
    await this.origin.clock.advance(1 + this.random.next() * 20);
  }

  /** What holds at every moment. */
  look(): void {
    const { nodes, cloud } = this.world;
    expect(nodes.length).toBeLessThanOrEqual(MOST);
    expect(cloud.servers.length).toBeLessThanOrEqual(MOST);
    this.noteNodes();
    const holders = nodes.flatMap(({ id, state }) => (state === 'in-use' ? [id] : []));
    expect(new Set(holders).size).toBe(holders.length);
  }

  /** [S5] what was accepted before is there; [S9] not for longer than its client's session. */
  async expectNothingLost(): Promise<void> {
    const { view } = this.world.client.requests;
    expect([...this.accepted].filter((id) => !view.get(id))).toEqual([]);
    const ofTheDead = new Set(view.all().keys());
    this.accepted.clear();
    await this.origin.clock.advance(SESSION + 1);
    expect([...ofTheDead].filter((id) => view.get(id))).toEqual([]);
  }

  /** [S12] a node that was not there at the start of this life has a number that nobody has had. */
  private noteNodes(): void {
    for (const { id } of this.world.nodes) {
      if (this.known.has(id)) continue;
      this.known.add(id);
      expect(Number(id)).toBeGreaterThan(this.newestBefore);
    }
  }

  /** All that is asked for is served and given back; nothing is left of earlier lives, in records or in the cloud. */
  async expectRest(): Promise<void> {
    for (const id of [...this.world.client.requests.view.all().keys()]) {
      await this.world.fulfilled(id);
      await this.during(this.use(id));
    }
    // What was made for requests that died with their clients stands ready for the next ones.
    const free = (): boolean =>
      this.world.nodes.every(({ state, allocatedTo }) => state === 'ready' && allocatedTo === null);
    await this.world.eventually('nobody has a node', free, 900);
    const counted = (): boolean => this.world.cloud.servers.length === this.world.nodes.length;
    await this.world.eventually('every server is one of a node', counted, 900);
  }

  private upTo(count: number): number {
    return Math.floor(this.random.next() * count);
  }

  private async during<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => void (settled = true);
    promise.then(end, end);
    await this.origin.clock.advanceUntil(() => settled, 2_000);
    return promise;
  }
}

describe('[S5] [S9] [S12] a pool on one machine whose power fails', () => {
  it.each(Array.from({ length: 10 }, (_, index) => index + 1))(
    'seed %i: four times, in the middle of work',
    async (seed) => {
      const machine = new OneMachine(seed);
      await machine.begin();
      await machine.seedImage();
      for (let life = 0; life < 4; life += 1) {
        await machine.work();
        await machine.losePower();
        await machine.begin();
        await machine.expectNothingLost();
      }
      await machine.work();
      await machine.expectRest();
    },
  );
});
