import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { TreeRecords } from '../../../src/adapters/records/tree-records.js';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import type { Records } from '../../../src/ports/records/records.js';
import { SimLogger } from '../kernel/sim-logger.js';
import type { Role } from '../kernel/observed-tree.js';
import type { SimProcess } from '../kernel/sim-process.js';
import type { SimStore } from '../kernel/sim-store.js';
import type { World } from '../world.js';
import { FileConfig } from './file-config.js';

/** Virtual seconds that an orderly stop may take before a service manager would kill. */
const STOP_PATIENCE = 90;

/** Seconds after which a service manager starts a program again that has ended with an error. */
const RESTART = 5;

/** Seconds that a stopped process is watched. */
const LINGER = 20;

/** Changes the records of a process before it gets them: for mutations. */
export type RecordsWrapper = (records: Records, process: SimProcess) => Records;

/** One life of a daemon, between a start and a kill or a stop. */
export interface Life {
  readonly process: SimProcess;
  readonly store: SimStore;
  readonly stop: () => Promise<void>;
}

/** A daemon on one host: can be killed, frozen, stopped and started again. */
export abstract class Daemon {
  life: Life | null = null;
  /** Its configuration, as the present life knows it. */
  file: FileConfig | null = null;
  /** Its configuration file cannot be used. */
  configBroken = false;
  /** Times that it was started. */
  lives = 0;
  private stopping = false;

  constructor(
    protected readonly world: World,
    readonly host: string,
    readonly role: Role,
    private readonly wrap: RecordsWrapper = (records) => records,
    private readonly fileOf: (config: NodepoolConfig) => NodepoolConfig = (config) => config,
  ) {}

  get running(): boolean {
    return this.life !== null;
  }

  start(): void {
    if (this.life) return;
    if (this.configBroken) return this.startLater();
    this.lives += 1;
    const process = this.world.process(`${this.host}.${this.lives}`, this.role);
    const store = this.world.open(process);
    this.world.chronicle.say(process.name, 'starts');
    const { clock, dice } = process;
    const logger = new SimLogger(process);
    const leases = new KazooLeases(store, { clock, random: dice });
    const host = { hostname: this.host, pid: this.lives };
    const records = new TreeRecords({ store, leases, clock, random: dice, host, logger });
    this.life = { process, store, stop: this.begin(process, store, this.wrap(records, process), logger) };
  }

  /** It ends at once with an error, and is started again by and by. */
  private startLater(): void {
    this.world.chronicle.say(this.host, 'cannot start: its configuration is broken');
    this.world.clock.schedule(RESTART, () => this.start());
  }

  kill(): void {
    if (!this.life) return;
    const { process, store } = this.life;
    this.world.chronicle.say(process.name, 'is killed');
    process.kill();
    store.orphan();
    this.life = null;
  }

  freeze(seconds: number): void {
    if (!this.life || this.life.process.frozen) return;
    this.world.chronicle.say(this.life.process.name, `is frozen for ${seconds.toFixed(1)} s`);
    this.life.store.silence(seconds);
    this.life.process.freeze(seconds);
  }

  /** An orderly stop; resolves when it is over, or when patience was. */
  async stop(): Promise<void> {
    const { life } = this;
    if (!life || this.stopping) return;
    this.stopping = true;
    const { chronicle, clock } = this.world;
    chronicle.say(life.process.name, 'is told to stop');
    life.process.clearTraps();
    const late = clock.schedule(STOP_PATIENCE, () => {
      if (this.life !== life || life.process.frozen) return;
      chronicle.fail('stops in time', `${life.process.name} has not stopped after ${STOP_PATIENCE} s`);
    });
    try {
      await life.stop();
      if (this.life !== life) return;
      chronicle.say(life.process.name, 'has stopped');
      await life.store.close();
      this.life = null;
      // Whatever still runs has a moment to give itself away.
      clock.schedule(LINGER, () => life.process.kill());
    } catch (error) {
      chronicle.fail('stops in time', `${life.process.name} did not stop: ${String(error)}`);
    } finally {
      late();
      this.stopping = false;
    }
  }

  /** The configuration file of this host. */
  protected config(): FileConfig {
    let from = this.world.config;
    let mine = this.fileOf(from);
    const read = (): NodepoolConfig => {
      if (from !== this.world.config) mine = this.fileOf((from = this.world.config));
      return mine;
    };
    return (this.file = new FileConfig(mine, read, this.world.clock, () => this.configBroken));
  }

  /** Starts the program; answers the way to stop it. */
  protected abstract begin(
    process: SimProcess,
    store: SimStore,
    records: Records,
    logger: SimLogger,
  ): () => Promise<void>;
}
