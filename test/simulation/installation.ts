import type { NodepoolConfig } from '../../src/domain/config/config.js';
import { BuilderDaemon } from './actors/builder-daemon.js';
import type { Daemon, RecordsWrapper } from './actors/daemon.js';
import { LauncherDaemon } from './actors/launcher-daemon.js';
import { RequestorHost } from './actors/requestor-host.js';
import { configOf } from './scenario/draft.js';
import type { Draft } from './scenario/draft.js';
import type { Scenario } from './scenario/scenario.js';
import type { World } from './world.js';

/** Who takes part in an installation, and with which configuration it begins. */
export type Cast = Pick<Scenario, 'draft' | 'launchers' | 'builders' | 'clients' | 'poolTick' | 'buildTime'>;

/** All that share one store: daemons, and systems that ask for nodes. */
export class Installation {
  readonly launchers: LauncherDaemon[] = [];
  readonly builders: BuilderDaemon[] = [];
  readonly clients: RequestorHost[] = [];
  readonly draft: Draft;

  constructor(
    readonly world: World,
    readonly cast: Cast,
  ) {
    this.draft = structuredClone(cast.draft);
  }

  get daemons(): readonly Daemon[] {
    return [...this.launchers, ...this.builders];
  }

  get actors(): readonly (Daemon | RequestorHost)[] {
    return [...this.builders, ...this.launchers, ...this.clients];
  }

  /** A changed draft comes into force. */
  edited(): void {
    this.world.configs.push({ at: this.world.clock.monotonic(), config: configOf(this.draft) });
  }

  /** Everybody starts. */
  start(wrap?: RecordsWrapper): void {
    const { cast, world } = this;
    for (const { host, providers } of cast.launchers) {
      const fileOf = providers === 'all' ? undefined : (config: NodepoolConfig) => part(config, providers);
      const launcher = new LauncherDaemon(world, host, wrap, fileOf);
      launcher.poolTick = cast.poolTick;
      this.launchers.push(launcher);
    }
    for (const host of cast.builders) {
      const builder = new BuilderDaemon(world, host, wrap);
      builder.buildTime = cast.buildTime;
      this.builders.push(builder);
    }
    for (const { name, kind } of cast.clients) this.clients.push(new RequestorHost(world, name, kind));
    for (const actor of this.actors) actor.start();
  }
}

/** The configuration of a launcher that has only some of the providers. */
function part(config: NodepoolConfig, names: readonly string[]): NodepoolConfig {
  return { ...config, providers: new Map([...config.providers].filter(([name]) => names.includes(name))) };
}
