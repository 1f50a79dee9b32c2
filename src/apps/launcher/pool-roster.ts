import type { RequestId } from '../../domain/model/request.js';
import type { WorkerStatus } from '../../ports/telemetry/status.js';
import type { PoolIdentity } from '../../domain/model/launcher.js';

/** What others ask of a pool worker. */
export interface RosteredWorker {
  readonly identity: PoolIdentity;
  readonly status: WorkerStatus;
  handles(request: RequestId): boolean;
}

/** The pool workers of this process, and the ids of all that it ever had. */
export class PoolRoster {
  private readonly workers = new Set<RosteredWorker>();
  private readonly ids = new Set<string>();

  /** Answers the way to leave. */
  enter(worker: RosteredWorker): () => void {
    this.workers.add(worker);
    this.ids.add(worker.identity.launcherId);
    return () => this.workers.delete(worker);
  }

  get statuses(): readonly WorkerStatus[] {
    return [...this.workers].map(({ status }) => status);
  }

  /** Is the request in the hands of any of them? */
  handles(request: RequestId): boolean {
    for (const worker of this.workers) if (worker.handles(request)) return true;
    return false;
  }

  /** Is this the id of a pool of this process, present or past? */
  isOwn(launcherId: string): boolean {
    return this.ids.has(launcherId);
  }
}
