import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { ConnectionLostError, SessionLostError } from '../../../src/ports/coordination/errors.js';
import type { Lease } from '../../../src/ports/coordination/lease.js';
import { sleep } from '../../../src/ports/toolkit/sleep.js';
import type { SimProcess } from '../kernel/sim-process.js';
import type { SimStore } from '../kernel/sim-store.js';
import { parse, text, texts } from '../kernel/tree-model.js';
import type { Json } from '../kernel/tree-model.js';
import type { World } from '../world.js';

/** What one job wants and does. */
export interface JobPlan {
  readonly labels: readonly string[];
  readonly priority: string;
  readonly relativePriority: number;
  readonly provider: string | null;
  readonly tenant: string | null;
  /** Seconds of work. */
  readonly work: number;
  /** Seconds to hold the nodes afterwards; null = give them back. */
  readonly hold: number | null;
  /** Seconds after which the request is withdrawn if it is still open; null = never. */
  readonly cancelAfter: number | null;
  /** Seconds between seeing the fulfilment and taking the nodes. */
  readonly hesitation: number;
}

export type JobEnd = 'served' | 'failed' | 'cancelled' | 'lost';

export interface HeldNode {
  readonly id: string;
  json: Json;
  readonly lease: Lease;
}

/** The session under which something was begun is over. */
export class Disturbed extends Error {}

const encoder = new TextEncoder();

/** A system that asks for nodes: what its kinds have in common. Works on bare records, as they do. */
export abstract class Requestor {
  /** Request ids that are open. */
  readonly open = new Set<string>();
  jobsUnderWay = 0;
  readonly ends = new Map<JobEnd, number>();
  protected readonly leases: KazooLeases;
  /** Request ids that a job has, or has had. */
  private readonly adopted = new Set<string>();

  constructor(
    protected readonly world: World,
    readonly process: SimProcess,
    readonly store: SimStore,
    readonly name: string,
  ) {
    this.leases = new KazooLeases(store, { clock: process.clock, random: process.dice });
  }

  /** Runs a job to its end. */
  begin(plan: JobPlan): void {
    this.jobsUnderWay += 1;
    this.job(plan).then(
      (end) => this.ended(end),
      (error: unknown) => {
        if (!(error instanceof Disturbed) && !isTrouble(error)) {
          this.world.chronicle.fail(
            'simulator',
            `${this.name}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
          );
        }
        this.ended('lost');
      },
    );
  }

  /** Changes the order of an open request, if there is one. */
  revise(): void {
    const id = [...this.open][0];
    if (id === undefined) return;
    this.changePriority(id).catch((error: unknown) => {
      if (isTrouble(error)) return;
      this.world.chronicle.fail('simulator', `${this.name}: revise: ${String(error)}`);
    });
  }

  protected abstract job(plan: JobPlan): Promise<JobEnd>;
  protected abstract changePriority(id: string): Promise<void>;

  protected now(): number {
    return this.process.clock.now();
  }

  protected sleep(seconds: number): Promise<void> {
    return seconds > 0 ? sleep(this.process.clock, seconds) : Promise.resolve();
  }

  protected say(what: string): void {
    this.world.chronicle.say(this.process.name, what);
  }

  protected async create(priority: string, json: Json, ephemeral: boolean): Promise<string> {
    for (;;) {
      const known = new Set(this.world.model.requests.keys());
      const { author } = this.store;
      try {
        const options = { ephemeral, sequential: true, makeParents: true };
        const path = await this.store.create(`/nodepool/requests/${priority}-`, encode(json), options);
        const id = path.slice('/nodepool/requests/'.length);
        this.adopted.add(id);
        return id;
      } catch (error) {
        if (!isTrouble(error)) throw error;
        await this.store.session.connected();
        // The answer may have been lost: it must not be left behind.
        for (const [id, { creator }] of this.world.model.requests) {
          if (known.has(id) || this.adopted.has(id) || creator !== author) continue;
          this.adopted.add(id);
          return id;
        }
      }
    }
  }

  /** Waits until the request is decided. */
  protected async decided(id: string): Promise<Json | 'gone'> {
    for (;;) {
      const change = this.signal();
      const json = await this.persistently(async () => {
        const record = await this.store.read(`/nodepool/requests/${id}`, change.fire);
        return record ? parse(record.data) : 'gone';
      });
      if (json === 'gone' || json === null) return 'gone';
      if (json['state'] === 'fulfilled' || json['state'] === 'failed') return json;
      await change.fired;
    }
  }

  /** Reads and locks the nodes of a fulfilled request and deletes the request. Null: it could not be. */
  protected async take(id: string, request: Json, reread: boolean): Promise<readonly HeldNode[] | null> {
    const held: HeldNode[] = [];
    const { generation } = this.store.session;
    try {
      for (const node of texts(request['nodes'])) held.push(await this.takeNode(id, node, generation, reread));
    } catch (error) {
      await Promise.all(held.map(({ lease }) => lease.release()));
      if (!(error instanceof Disturbed) && !isTrouble(error)) throw error;
      await this.deleteRequest(id);
      return null;
    }
    await this.deleteRequest(id);
    return held;
  }

  protected async takeNode(id: string, node: string, generation: number, reread: boolean): Promise<HeldNode> {
    let json = await this.readNode(id, node);
    const lease = await this.lockNode(id, node, generation);
    try {
      if (reread) json = await this.readNode(id, node);
    } catch (error) {
      await lease.release();
      throw error;
    }
    this.world.ledger.taken(node, id, this);
    return { id: node, json, lease };
  }

  protected async readNode(id: string, node: string): Promise<Json> {
    const record = await this.store.read(`/nodepool/nodes/${node}`);
    const json = parse(record?.data);
    if (json && text(json['allocated_to']) === id) return json;
    if (!this.world.ledger.excused(node) && this.world.model.requests.has(id)) {
      const what = json ? `is allocated to ${String(json['allocated_to'])}` : 'does not exist';
      this.world.chronicle.fail('a fulfilled request has its nodes', `node ${node} of request ${id} ${what}`);
    }
    throw new Disturbed(`node ${node} is not ours`);
  }

  protected async lockNode(id: string, node: string, generation: number): Promise<Lease> {
    let quiet = true;
    const forget = this.store.session.onChange(() => (quiet = false));
    try {
      const result = await this.leases.acquire(`/nodepool/nodes/${node}/lock`, { wait: 30 });
      if ('lease' in result && this.store.session.generation === generation) return result.lease;
      if ('lease' in result) await result.lease.release();
      if (quiet && !this.world.ledger.excused(node) && this.world.model.requests.has(id)) {
        const refused = 'refused' in result ? result.refused : 'lost';
        const detail = `the lock of node ${node} of request ${id} is ${refused}`;
        this.world.chronicle.fail('a fulfilled request has its nodes', detail);
      }
      throw new Disturbed(`node ${node} cannot be locked`);
    } finally {
      forget();
    }
  }

  /** Writes a node that we hold the lock of. Answers false if we hold it no more. */
  protected async storeNode(node: HeldNode, change: Json): Promise<boolean> {
    const { generation } = node.lease;
    node.json = { ...node.json, ...change, state_time: this.now() };
    for (;;) {
      await this.store.session.connected();
      if (this.store.session.generation !== generation) return false;
      try {
        await this.store.write(`/nodepool/nodes/${node.id}`, encode(this.shape(node.json)));
        return true;
      } catch (error) {
        if (error instanceof ConnectionLostError) continue;
        if (error instanceof SessionLostError) return false;
        this.say(`cannot write node ${node.id}: ${String(error)}`);
        return false;
      }
    }
  }

  /** What this kind of client makes of a record that it writes. */
  protected shape(json: Json): Json {
    return json;
  }

  protected async deleteRequest(id: string): Promise<void> {
    this.open.delete(id);
    await this.persistently(() => this.store.remove(`/nodepool/requests/${id}`));
  }

  /** Repeats what can be repeated until it succeeds. */
  protected async persistently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isTrouble(error)) throw error;
        await this.store.session.connected();
        await this.sleep(0.05);
      }
    }
  }

  private signal(): { readonly fired: Promise<void>; readonly fire: () => void } {
    let fire: () => void = () => undefined;
    const fired = new Promise<void>((resolve) => {
      const forget = this.store.session.onChange(({ state }) => {
        if (state === 'connected') fire();
      });
      fire = () => {
        forget();
        resolve();
      };
    });
    return { fired, fire: () => fire() };
  }

  private ended(end: JobEnd): void {
    this.jobsUnderWay -= 1;
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
    this.say(`job ended: ${end}`);
  }
}

export function encode(json: Json): Uint8Array {
  return encoder.encode(JSON.stringify(json));
}

export function isTrouble(error: unknown): boolean {
  return error instanceof ConnectionLostError || error instanceof SessionLostError;
}
