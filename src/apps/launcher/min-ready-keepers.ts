import type { NodepoolConfig } from '../../domain/config/config.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { WorkerStatus } from '../../ports/telemetry/status.js';
import { KeyedTasks } from '../../ports/toolkit/keyed-tasks.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { MinReadyKeeper } from './min-ready-keeper.js';
import { MinReadyRequests } from './min-ready-requests.js';
import type { LauncherServices } from './services.js';

/** One keeper per label that wants ready nodes, following the configuration. */
export class MinReadyKeepers {
  private readonly keepers: KeyedTasks;
  private readonly tasks: Supervisor;
  private readonly requests: MinReadyRequests;

  constructor(private readonly services: LauncherServices) {
    this.keepers = new KeyedTasks(services.clock, (label, error) =>
      services.logger.error(`Keeping ready nodes of ${label} failed`, errorFields(error)),
    );
    this.requests = new MinReadyRequests(services);
    this.tasks = new Supervisor((name, error) => services.logger.error(`${name} failed`, errorFields(error)));
    this.tasks.start('taking back min-ready requests', (signal) => this.requests.run(signal));
  }

  get status(): WorkerStatus {
    return { worker: 'MinReady', doing: 'keeps nodes ready', details: this.keepers.keys };
  }

  apply(config: NodepoolConfig): void {
    const wanted = [...config.labels.values()].filter((label) => label.minReady > 0).map((label) => label.name);
    this.keepers.keep(wanted, (label, signal) => new MinReadyKeeper(this.services, this.requests, label).run(signal));
  }

  async stop(): Promise<void> {
    await Promise.all([this.keepers.stop(), this.tasks.stop()]);
  }
}
