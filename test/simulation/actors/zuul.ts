import type { SimProcess } from '../kernel/sim-process.js';
import type { SimStore } from '../kernel/sim-store.js';
import { parse } from '../kernel/tree-model.js';
import type { Json } from '../kernel/tree-model.js';
import type { World } from '../world.js';
import { encode, Requestor } from './requestor.js';
import type { HeldNode, JobEnd, JobPlan } from './requestor.js';

/** What Zuul of both eras does with nodes (spec LAUNCHER 4.1, 4.2). */
abstract class Zuul extends Requestor {
  protected abstract readonly persistent: boolean;

  protected abstract wish(plan: JobPlan): Json;

  protected override async job(plan: JobPlan): Promise<JobEnd> {
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const id = await this.create(plan.priority, this.wish(plan), !this.persistent);
      this.open.add(id);
      this.cancelLater(id, plan);
      const decided = await this.decided(id);
      if (decided === 'gone') {
        if (!this.open.delete(id)) return 'cancelled';
        continue;
      }
      const end = await this.afterDecision(id, decided, plan);
      if (end !== 'again') return end;
    }
    return 'lost';
  }

  private async afterDecision(id: string, request: Json, plan: JobPlan): Promise<JobEnd | 'again'> {
    this.world.ledger.decided(id, request, plan, this);
    if (request['state'] === 'failed') {
      await this.deleteRequest(id);
      return 'failed';
    }
    await this.sleep(plan.hesitation);
    // From here on it is not withdrawn any more.
    if (!this.open.delete(id)) return 'cancelled';
    if (!this.world.model.requests.has(id)) return 'again';
    const nodes = await this.take(id, request, this.persistent);
    if (!nodes) return 'lost';
    await this.use(id, nodes, plan);
    return 'served';
  }

  private async use(id: string, nodes: readonly HeldNode[], plan: JobPlan): Promise<void> {
    for (const node of nodes) {
      this.world.ledger.used(node.id, id, node.lease.generation, this);
      await this.storeNode(node, { state: 'in-use', ...this.marks() });
    }
    await this.sleep(plan.work);
    for (const node of nodes) {
      if (plan.hold === null) await this.storeNode(node, { state: 'used' });
      else
        await this.storeNode(node, { state: 'hold', hold_job: 't p j', comment: 'look', hold_expiration: plan.hold });
      await node.lease.release();
    }
  }

  protected marks(): Json {
    return {};
  }

  private cancelLater(id: string, plan: JobPlan): void {
    if (plan.cancelAfter === null) return;
    this.process.clock.schedule(plan.cancelAfter, () => {
      if (!this.open.delete(id)) return;
      this.say(`cancels ${id}`);
      this.deleteRequest(id).catch(() => undefined);
    });
  }
}

/** Ephemeral requests, revised under the lock after reading again. */
export class Zuul2019 extends Zuul {
  protected override readonly persistent = false;

  protected override wish(plan: JobPlan): Json {
    return {
      node_types: plan.labels,
      requestor: this.name,
      created_time: this.now(),
      provider: plan.provider,
      state: 'requested',
      state_time: this.now(),
      relative_priority: plan.relativePriority,
    };
  }

  protected override async changePriority(id: string): Promise<void> {
    const result = await this.leases.acquire(`/nodepool/requests-lock/${id}`, { makeParents: true });
    if (!('lease' in result)) return;
    try {
      const record = await this.store.read(`/nodepool/requests/${id}`);
      const json = parse(record?.data);
      if (!json) return;
      const relative = this.process.dice.whole(0, 5);
      await this.store
        .write(`/nodepool/requests/${id}`, encode({ ...json, relative_priority: relative }))
        .catch(() => undefined);
    } finally {
      await result.lease.release();
    }
  }
}

/** Persistent requests, taken slowly by an executor; revisions are written with the version of the cache. */
export class Zuul2024 extends Zuul {
  protected override readonly persistent = true;

  constructor(world: World, process: SimProcess, store: SimStore, name: string) {
    super(world, process, store, name);
  }

  /** After a restart: what the one before us asked for is wanted no more. */
  async forgetOldRequests(): Promise<void> {
    const ids = await this.persistently(() => this.store.list('/nodepool/requests'));
    for (const id of ids ?? []) {
      const record = await this.persistently(() => this.store.read(`/nodepool/requests/${id}`));
      if (parse(record?.data)?.['requestor'] !== this.name || this.open.has(id)) continue;
      await this.persistently(() => this.store.remove(`/nodepool/requests/${id}`));
    }
  }

  protected override wish(plan: JobPlan): Json {
    return {
      state: 'requested',
      state_time: this.now(),
      created_time: this.now(),
      declined_by: [],
      node_types: plan.labels,
      nodes: [],
      reuse: true,
      requestor: this.name,
      requestor_data: { job_name: 'j' },
      provider: plan.provider,
      relative_priority: plan.relativePriority,
      event_id: 'e',
      tenant_name: plan.tenant,
    };
  }

  protected override marks(): Json {
    return { user_data: { zuul_system: this.name, project_name: 'p' } };
  }

  protected override async changePriority(id: string): Promise<void> {
    const cached = await this.store.read(`/nodepool/requests/${id}`);
    const json = parse(cached?.data);
    const result = await this.leases.acquire(`/nodepool/requests-lock/${id}`, { makeParents: true });
    if (!('lease' in result)) return;
    try {
      if (!json || !cached) return;
      const changed = encode({ ...json, relative_priority: this.process.dice.whole(0, 5) });
      await this.store.write(`/nodepool/requests/${id}`, changed, cached.stat.version).catch(() => undefined);
    } finally {
      await result.lease.release();
    }
  }
}
