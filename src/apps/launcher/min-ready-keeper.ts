import { countMinReady } from '../../domain/decide/min-ready.js';
import type { MinReadyCount } from '../../domain/decide/min-ready.js';
import { currentUpload } from '../../domain/decide/current-image.js';
import type { LabelConfig, NodepoolConfig, PoolConfig, PoolLabelConfig } from '../../domain/config/config.js';
import { poolDisabled } from '../../domain/config/config.js';
import type { Reason } from '../../domain/explain/reason.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { MinReadyRequests, Refusal } from './min-ready-requests.js';
import type { LauncherServices } from './services.js';
import { whileElected } from '../../ports/toolkit/while-elected.js';
import { linkAbort } from '../../ports/toolkit/linked-abort.js';
import type { LinkedAbort } from '../../ports/toolkit/linked-abort.js';
import { ControlLoop } from '../../ports/toolkit/control-loop.js';
import { poolName } from '../../domain/explain/pool-name.js';

/** A min-ready request that vanishes before it was served is asked for again by the next check. */
const TICK = 10;
/** What the keeper before us has asked for may not show yet: time to see it, seconds. */
const TAKE_OVER = 1;

/**
 * Keeps `min-ready` nodes of one label ready (spec LAUNCHER 2.9). Only the elected owner among all launchers does it, so that N
 * launchers do not make N times the nodes.
 */
export class MinReadyKeeper {
  constructor(
    private readonly services: LauncherServices,
    private readonly requests: MinReadyRequests,
    private readonly labelName: string,
  ) {}

  /**
   * Keeps the label while elected, until aborted. Stands for election only while this process can launch the label: what others
   * can launch is not known here, and an owner who cannot judge would ask for nothing.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { records, config, clock } = this.services;
    await new ControlLoop(clock).run(
      {
        subscribe: (wake) => [records.images.view.onChange(wake), config.onChange(wake)],
        pass: async (inner) => {
          const obstacles = this.obstacles();
          if (obstacles.length > 0) {
            this.journal('wait', obstacles);
            return Infinity;
          }
          await this.stand(inner);
          return 0;
        },
      },
      signal,
    );
  }

  /** Until the label cannot be launched here any more. */
  private async stand(signal: AbortSignal): Promise<void> {
    const { elections } = this.services.records;
    const candidacy = linkAbort(signal);
    const standBy = (): void => {
      if (!candidacy.signal.aborted) this.journal('stand-by', [{ code: 'NOT_ELECTED', label: this.labelName }]);
    };
    standBy();
    const watching = this.watchObstacles(candidacy);
    try {
      const lead = (leading: AbortSignal): Promise<void> => this.lead(leading).finally(standBy);
      await whileElected(elections, `min-ready-${this.labelName}`, lead, candidacy.signal);
    } finally {
      watching();
      candidacy.dispose();
    }
  }

  /** Ends the candidacy when there is an obstacle. Answers the way to stop watching. */
  private watchObstacles(candidacy: LinkedAbort): () => void {
    const { images } = this.services.records;
    const check = (): void => {
      if (this.obstacles().length > 0) candidacy.abort(new Error(`${this.labelName} cannot be launched here`));
    };
    const undo = [images.view.onChange(check), this.services.config.onChange(check)];
    return () => undo.forEach((each) => each());
  }

  private async lead(leading: AbortSignal): Promise<void> {
    const { records, config, clock } = this.services;
    const { nodes, requests, images } = records;
    await new ControlLoop(clock).run(
      {
        subscribe: (wake) => [
          nodes.view.onChange(wake),
          requests.view.onChange(wake),
          images.view.onChange(wake),
          config.onChange(wake),
        ],
        begin: () => sleep(clock, TAKE_OVER, leading),
        pass: async () => {
          if (nodes.view.complete && requests.view.complete) await this.pass();
          return TICK;
        },
      },
      leading,
    );
  }

  private async pass(): Promise<void> {
    const label = this.services.config.current.labels.get(this.labelName);
    const { nodes, requests } = this.services.records;
    if (!label) return;
    const count = countMinReady({
      label,
      nodes: nodes.view.all().values(),
      requests: requests.view.all().values(),
      requestExists: (id) => requests.view.get(id) !== undefined,
    });
    const refusal = this.requests.refusal(label.name);
    this.explain(label, count, refusal);
    if (refusal) return;
    for (let asked = 0; asked < count.missing; asked += 1) await this.requests.ask(label.name);
  }

  private obstacles(): readonly Reason[] {
    return launchObstacles(this.services, this.services.config.current, this.labelName);
  }

  private explain(label: LabelConfig, count: MinReadyCount, refusal: Refusal | undefined): void {
    const { ready, underway, missing } = count;
    const common = { label: label.name, ready, wanted: label.minReady };
    if (ready >= label.minReady) return this.journal('keep', [{ code: 'MIN_READY_MET', ...common }]);
    if (missing > 0 && refusal) {
      const until = this.services.clock.now() + refusal.until - this.services.clock.monotonic();
      const backoff: Reason = { code: 'MIN_READY_BACKOFF', label: label.name, missing, until };
      return this.journal('wait', [backoff, ...refusal.because]);
    }
    this.journal('ask', [{ code: 'MIN_READY_UNDERWAY', ...common, underway: underway + missing }]);
  }

  private journal(verdict: string, because: readonly Reason[]): void {
    const decider = `${this.services.host.hostname}-MinReady`;
    this.services.journal.record({ kind: 'label', id: this.labelName, decider }, { verdict, because });
  }
}

/** Why no pool can launch the label now; none if one can. Its image must be there in a pool that is not disabled. */
function launchObstacles(services: LauncherServices, config: NodepoolConfig, name: string): readonly Reason[] {
  const obstacles: Reason[] = [];
  for (const provider of config.providers.values()) {
    for (const pool of provider.pools.values()) {
      const label = pool.labels.get(name);
      if (!label || label.image.kind === 'none') continue;
      const obstacle = poolObstacle(services, pool, label);
      if (!obstacle) return [];
      obstacles.push(obstacle);
    }
  }
  return obstacles.length > 0 ? obstacles : [{ code: 'LABEL_NOT_OFFERED', label: name }];
}

function poolObstacle({ records }: LauncherServices, pool: PoolConfig, label: PoolLabelConfig): Reason | undefined {
  if (poolDisabled(pool)) return { code: 'POOL_DISABLED', pool: poolName(pool), maxServers: pool.maxServers };
  if (label.image.kind !== 'diskimage') return undefined;
  const image = label.image.name;
  if (currentUpload(records.images.view.uploads({ image }), pool.provider)) return undefined;
  return { code: 'IMAGE_NOT_READY', pool: poolName(pool), label: label.name, image };
}
