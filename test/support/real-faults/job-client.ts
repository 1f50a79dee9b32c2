import { setTimeout as delay } from 'node:timers/promises';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../../src/adapters/system/system-random.js';
import type { Node } from '../../../src/domain/model/node.js';
import type { NodeRequest } from '../../../src/domain/model/request.js';
import type { RecordLease } from '../../../src/ports/records/record-lease.js';
import type { Random } from '../../../src/ports/runtime/random.js';
import { aRequest } from '../builders.js';
import { until } from '../daemon-patience.js';
import { ClientRecords } from './client-records.js';

/** Seconds; the longest that a client waits for its nodes, and for the lock of one. */
const ANSWER = 120;
const LOCK = 30;
/** Of all jobs: given up before the nodes come, and when they are there. Of the rest, those that want two nodes. */
const WITHDRAWN = 0.12;
const UNTOUCHED = 0.08;
const LARGE = 0.2;

export interface JobClientOptions {
  readonly port: number;
  readonly chroot: string;
  readonly tenant: string | null;
  /** What it asks for, how long it works, and when it changes its mind. */
  readonly random: Random;
}

/** A client that goes from job to job as Zuul does: asks, waits, locks its nodes, uses them up. Now and then it changes its mind. */
export class JobClient {
  /** How jobs ended; interrupted: by what befell the server. */
  readonly ended = { served: 0, withdrawn: 0, untouched: 0, interrupted: 0 };
  readonly problems: string[] = [];
  private readonly clock = new SystemClock();

  private constructor(
    private readonly options: JobClientOptions,
    private readonly access: ClientRecords,
  ) {}

  static async open(options: JobClientOptions): Promise<JobClient> {
    return new JobClient(options, await ClientRecords.open(options.port, options.chroot, ['nodes', 'requests']));
  }

  /** Works until told to stop, and then ends the job it is at. */
  async work(stop: AbortSignal): Promise<void> {
    const { random } = this.options;
    while (!stop.aborted) {
      await this.job();
      await delay(random.next() * 300);
    }
  }

  close(): Promise<void> {
    return this.access.close();
  }

  private async job(): Promise<void> {
    const { random } = this.options;
    const [size, fate] = [random.next() < LARGE ? 2 : 1, random.next()];
    const id = await this.submit(size);
    try {
      if (fate < WITHDRAWN) {
        await delay(random.next() * 2000);
        this.ended.withdrawn += 1;
        return;
      }
      const request = await this.answer(id);
      if (request?.state !== 'fulfilled') this.problems.push(`request ${id} is ${request?.state ?? 'gone'}`);
      else if (fate < WITHDRAWN + UNTOUCHED) this.ended.untouched += 1;
      else await this.use(id, request.nodes);
    } finally {
      await this.access.insist(() => this.access.records.requests.remove(id));
    }
  }

  /** Creates the request once, even if the answer is lost. */
  private submit(size: number): Promise<string> {
    const { requests } = this.access.records;
    const [eventId, now] = [new SystemRandom().hexId(), this.clock.now()];
    const nodeTypes = Array.from({ length: size }, () => 'small');
    const tenantName = this.options.tenant;
    const request = aRequest({ nodeTypes, tenantName, stateTime: now, createdTime: now, eventId });
    return this.access.insist(async () => {
      await requests.view.catchUp(new AbortController().signal);
      const ours = [...requests.view.all().values()].find(({ value }) => value.eventId === eventId);
      return ours?.id ?? (await requests.create('200', request)).id;
    });
  }

  private async answer(id: string): Promise<NodeRequest | undefined> {
    const request = (): NodeRequest | undefined => this.access.records.requests.view.get(id)?.value;
    const answered = (): boolean => !['requested', 'pending'].includes(request()?.state ?? 'gone');
    await until(`request ${id} is answered`, answered, { limit: ANSWER, story: () => JSON.stringify(request()) });
    return request();
  }

  private async use(id: string, nodes: readonly string[]): Promise<void> {
    const leases: RecordLease<Node>[] = [];
    try {
      for (const node of nodes) leases.push(await this.take(id, node));
      await this.access.records.requests.remove(id);
      for (const lease of leases) await lease.update({ state: 'in-use' });
      await delay(100 + this.options.random.next() * 500);
      for (const lease of leases) await lease.conclude({ state: 'used' });
      this.ended.served += 1;
    } catch (error) {
      if (!this.access.isTrouble(error)) throw error;
      this.ended.interrupted += 1;
    } finally {
      for (const lease of leases) await lease.release();
    }
  }

  private async take(id: string, node: string): Promise<RecordLease<Node>> {
    const { nodes } = this.access.records;
    const outcome = await this.access.insist(() => nodes.lock(node, { wait: LOCK }));
    if (outcome.kind !== 'locked') throw new Error(`node ${node} of ${id} is ${outcome.kind}`);
    const { state, allocatedTo } = outcome.lease.current.value;
    if (state !== 'ready' || allocatedTo !== id)
      this.problems.push(`node ${node} of ${id} is ${state}, of ${allocatedTo}`);
    return outcome.lease;
  }
}
