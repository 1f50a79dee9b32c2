import { NoRecordError, RecordExistsError } from '../../../src/ports/coordination/errors.js';
import { text, texts } from '../kernel/tree-model.js';
import type { Json } from '../kernel/tree-model.js';
import { encode, Requestor } from './requestor.js';
import type { HeldNode, JobEnd, JobPlan } from './requestor.js';

/** The keys that its mapper knows; all others are dropped when it writes (spec LAUNCHER 4.3). */
const KNOWN = new Set([
  ...['state', 'state_time', 'created_time', 'cloud', 'provider', 'pool', 'type', 'allocated_to', 'az', 'region'],
  ...['public_ipv4', 'private_ipv4', 'public_ipv6', 'host_id', 'interface_ip', 'connection_port', 'ssh_port'],
  ...['connection_type', 'image_id', 'launcher', 'external_id', 'hostname', 'comment', 'hold_job'],
  ...['hold_expiration', 'username', 'host_keys', 'build_id'],
]);

/** The Jenkins plug-in: writes without a lock, drops keys, re-creates what is gone (spec LAUNCHER 4.3). */
export class Jenkins extends Requestor {
  private builds = 0;
  private readonly finished = new Set<string>();

  protected override async job(plan: JobPlan): Promise<JobEnd> {
    const build = `${this.name}-${(this.builds += 1)}`;
    const wish = {
      node_types: plan.labels.slice(0, 1),
      declined_by: [],
      state_time: this.now(),
      reuse: true,
      requestor: this.name,
      state: 'requested',
      nodes: [],
      jenkins_label: `nodepool-${plan.labels[0] ?? ''}`,
      build_id: build,
    };
    const id = await this.create(plan.priority, wish, true);
    this.open.add(id);
    try {
      const decided = await this.decided(id);
      if (decided === 'gone') return 'lost';
      this.world.ledger.decided(id, decided, plan, this);
      if (decided['state'] === 'failed') {
        await this.deleteRequest(id);
        return 'failed';
      }
      await this.sleep(plan.hesitation);
      const nodes = await this.claim(id, decided, build);
      if (!nodes) return 'lost';
      await this.use(id, nodes, plan, build);
      return 'served';
    } finally {
      this.open.delete(id);
      this.finished.add(build);
    }
  }

  /** Marks a node as used that belongs to a build which is over, without asking anybody. */
  janitor(): void {
    for (const { id, json } of this.world.model.nodes.values()) {
      const build = text(json?.['build_id']);
      if (!json || build === null || !this.finished.has(build)) continue;
      if (text(json['allocated_to']) === null || text(json['hold_job']) !== null) continue;
      if (json['state'] === 'used' || json['state'] === 'deleting') continue;
      this.say(`its janitor sets ${id} used`);
      const used = encode(this.shape({ ...json, state: 'used' }));
      this.store.write(`/nodepool/nodes/${id}`, used).catch(() => undefined);
    }
  }

  protected override shape(json: Json): Json {
    return Object.fromEntries(Object.entries(json).filter(([key, value]) => KNOWN.has(key) && value !== null));
  }

  /** It does not change priorities. */
  protected override async changePriority(): Promise<void> {
    return Promise.resolve();
  }

  private async claim(id: string, request: Json, build: string): Promise<readonly HeldNode[] | null> {
    const held: HeldNode[] = [];
    const { generation } = this.store.session;
    try {
      for (const node of texts(request['nodes'])) {
        const before = await this.readNode(id, node);
        await this.mark(node, { ...before, build_id: build });
        held.push(await this.takeNode(id, node, generation, true));
      }
    } catch {
      await Promise.all(held.map(({ lease }) => lease.release()));
      await this.deleteRequest(id);
      return null;
    }
    await this.deleteRequest(id);
    return held;
  }

  /** Without a lock; a record that is gone comes back with nothing but the mark. */
  private async mark(node: string, json: Json): Promise<void> {
    const path = `/nodepool/nodes/${node}`;
    try {
      await this.store.write(path, encode(this.shape(json)));
    } catch (error) {
      if (!(error instanceof NoRecordError)) throw error;
      await this.store.create(path, encode({ build_id: json['build_id'] })).catch((failure: unknown) => {
        if (!(failure instanceof RecordExistsError)) throw failure;
      });
    }
  }

  private async use(id: string, nodes: readonly HeldNode[], plan: JobPlan, build: string): Promise<void> {
    for (const node of nodes) {
      this.world.ledger.used(node.id, id, node.lease.generation, this);
      await this.storeNode(node, { state: 'in-use' });
    }
    await this.sleep(plan.work);
    for (const node of nodes) {
      if (plan.hold === null) await this.storeNode(node, { state: 'used' });
      else {
        const until = (this.now() + plan.hold) * 1000;
        await this.storeNode(node, { state: 'hold', comment: 'Jenkins hold', hold_job: build, hold_expiration: until });
      }
      await node.lease.release();
    }
  }
}
