import { DEFAULT_BUILDER_INTERVALS } from '../../src/apps/builder/services.js';
import type { BuilderDaemon } from './actors/builder-daemon.js';
import type { Simulation } from './simulation.js';
import type { Deed } from './scenario/steps.js';

/** Seconds from the first failure of a build to the next attempt; doubled with each. */
const BUILD_RETRY = DEFAULT_BUILDER_INTERVALS.build;

/** Seconds in which everybody notices that the store is another one. */
const CATCHING_UP = 5;

type Calamity = Deed & { readonly do: 'half-open' | 'wipe' | 'full-disk' | 'broken-config' | 'crash-loop' };

/** What a calamity needs of whoever carries out the steps of a scenario. */
export interface CalamityHands {
  /** Undone after `seconds`, or when everything is healed. */
  until(seconds: number, undo: () => void): void;
}

/** Carries out what goes wrong beside programs and clouds. */
export class Calamities {
  constructor(
    private readonly simulation: Simulation,
    private readonly hands: CalamityHands,
  ) {}

  perform(deed: Calamity): void {
    switch (deed.do) {
      case 'half-open':
        return this.simulation.storeOf(deed.who)?.goSilent(deed.seconds);
      case 'wipe':
        return this.wipe();
      case 'full-disk':
        return this.fillDisk(deed.builder, deed.seconds);
      case 'broken-config':
        return this.breakConfig(deed.who, deed.seconds);
      case 'crash-loop':
        return this.crashAgainAndAgain(deed);
    }
  }

  private wipe(): void {
    const { world, clients, launchers } = this.simulation;
    for (const client of clients) client.kill();
    for (const store of world.stores) store.expire();
    world.wipe(
      launchers.flatMap(({ host, life }) => (life ? [{ process: life.process, serves: this.servedBy(host) }] : [])),
    );
    for (const { life } of this.simulation.daemons) life?.process.away(CATCHING_UP);
    for (const client of clients) world.clock.schedule(CATCHING_UP, () => client.start());
  }

  private servedBy(host: string): (provider: string) => boolean {
    const { providers = [] } = this.simulation.scenario.launchers.find((launcher) => launcher.host === host) ?? {};
    return (provider) => providers === 'all' || providers.includes(provider);
  }

  private fillDisk(host: string, seconds: number): void {
    const builder = this.simulation.builders.find((candidate) => candidate.host === host);
    if (!builder) return;
    const { disk } = builder;
    const before = { at: this.simulation.world.clock.monotonic(), refused: disk.refused.length, lives: builder.lives };
    disk.full = true;
    this.hands.until(seconds, () => {
      disk.full = false;
      this.checkPatience(builder, before);
    });
  }

  /** Each build that fails is tried again later than the one before it. */
  private checkPatience(
    { host, disk, lives }: BuilderDaemon,
    before: { readonly at: number; readonly refused: number; readonly lives: number },
  ): void {
    const { world, scenario } = this.simulation;
    // Clocks that are wrong say nothing of how long ago a failure was.
    if (world.clockTolerance > 1) return;
    const attempts = new Map<string, number>();
    for (const path of disk.refused.slice(before.refused)) {
      const [, image] = /([^/]+)-[0-9a-f]{32}\.log$/.exec(path) ?? [];
      if (image !== undefined) attempts.set(image, (attempts.get(image) ?? 0) + 1);
    }
    const orders = scenario.steps.filter(({ deed }) => deed.do === 'build-order').length;
    const seconds = world.clock.monotonic() - before.at;
    // A build that goes on when the disk fills up has its log already; each life and each order begin anew.
    const allowed = (lives - before.lives + 1) * (2 + Math.log2(1 + seconds / BUILD_RETRY)) + orders;
    for (const [image, count] of attempts) {
      if (count <= allowed) continue;
      const detail = `${host} has tried to build ${image} ${count} times in ${seconds.toFixed(0)} s on a full disk`;
      world.chronicle.fail('failing builds are held back', detail);
    }
  }

  /** What is edited meanwhile is not seen there, and a program that ends there does not start again. */
  private breakConfig(host: string, seconds: number): void {
    const { world, daemons } = this.simulation;
    const daemon = daemons.find((candidate) => candidate.host === host);
    if (!daemon || daemon.configBroken) return;
    daemon.configBroken = true;
    const mended = world.keepConfigs();
    this.hands.until(seconds, () => {
      daemon.configBroken = false;
      mended();
    });
  }

  private crashAgainAndAgain({ who, seconds, calls, downFor }: Calamity & { readonly do: 'crash-loop' }): void {
    const { world, daemons } = this.simulation;
    const daemon = daemons.find(({ host }) => host === who);
    let over = false;
    const arm = (): void => {
      if (over) return;
      daemon?.life?.process.setTrap({
        callsLeft: calls,
        when: 'after',
        spring: () => {
          daemon.kill();
          world.clock.schedule(downFor, () => {
            daemon.start();
            arm();
          });
        },
      });
    };
    arm();
    this.hands.until(seconds, () => (over = true));
  }
}
