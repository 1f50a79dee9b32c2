import type { RequestId } from '../../domain/model/request.js';
import type { WorkerStatus } from '../../ports/telemetry/status.js';
import type { Change } from '../../domain/decide/what-if.js';
import type { PoolLimits } from '../../domain/explain/insight.js';
import type { Supposition } from '../../domain/explain/supposition.js';
import type { PoolIdentity } from '../../domain/model/launcher.js';

/** What people ask of a pool; nothing comes of it. */
export interface PoolQuestions {
  /** Undefined when it is not configured any more. */
  limits(): PoolLimits | undefined;
  /** Undefined when the pool does not decide about the request now: it is served, here or elsewhere, or gone. */
  suppose(request: RequestId, changes: readonly Change[], now: number): Supposition | undefined;
}

/** What others ask of a pool worker. */
export interface RosteredWorker {
  readonly identity: PoolIdentity;
  readonly status: WorkerStatus;
  readonly inquiry: PoolQuestions;
  /** Requests that it sleeps over: a pass of this moment would do something about them, and nothing wakes it. Always empty. */
  readonly overslept: readonly RequestId[];
  handles(request: RequestId): boolean;
}

/** The pool workers of this process, and the ids of all that it ever had. */
export class PoolRoster {
  private readonly workers = new Set<RosteredWorker>();
  private readonly ids = new Set<string>();
  private moved = 0;

  /** Answers the way to leave. */
  enter(worker: RosteredWorker): () => void {
    this.workers.add(worker);
    this.ids.add(worker.identity.launcherId);
    this.onMove();
    return () => {
      this.workers.delete(worker);
      this.onMove();
    };
  }

  /** How often the answer of `handles` may have changed for some request. */
  get moves(): number {
    return this.moved;
  }

  /** A request has come into the hands of one of them, or gone from there. */
  onMove(): void {
    this.moved += 1;
  }

  get statuses(): readonly WorkerStatus[] {
    return [...this.workers].map(({ status }) => status);
  }

  /** Ordered by provider and name. */
  get all(): readonly RosteredWorker[] {
    const nameOf = ({ identity }: RosteredWorker): string => `${identity.provider}/${identity.name}`;
    return [...this.workers].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
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
