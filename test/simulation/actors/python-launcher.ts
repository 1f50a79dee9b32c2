import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import type { SimProcess } from '../kernel/sim-process.js';
import type { SimStore } from '../kernel/sim-store.js';
import { parse, texts } from '../kernel/tree-model.js';
import type { Json } from '../kernel/tree-model.js';
import type { World } from '../world.js';
import { ELSEWHERE } from '../invariants/node-rules.js';
import { encode, isTrouble } from './requestor.js';

/** The keys that 3.6 knows: what it writes has no others. */
const OF_REQUESTS = new Set([
  ...['state', 'state_time', 'declined_by', 'node_types', 'nodes', 'reuse', 'requestor', 'provider'],
  'relative_priority',
]);
const OF_NODES = new Set([
  ...['state', 'state_time', 'created_time', 'cloud', 'provider', 'pool', 'type', 'allocated_to', 'az', 'region'],
  ...['public_ipv4', 'private_ipv4', 'public_ipv6', 'host_id', 'interface_ip', 'connection_port', 'ssh_port'],
  ...['connection_type', 'image_id', 'launcher', 'external_id', 'hostname', 'comment', 'hold_job', 'host_keys'],
  ...['username', 'hold_expiration', 'resources', 'attributes'],
]);
/** Seconds between two looks. */
const LOOK = 1;
/** How often a look is followed by an operator's remark on a node. */
const REMARKS = 0.1;
const REQUEST_ID = /^\d+-\d{10}$/;

/** A launcher of Python 3.6 without any room: it declines what it sees, and whatever it writes has the keys only that it knows. */
export class PythonLauncher {
  private readonly id: string;
  private readonly leases: KazooLeases;

  constructor(
    private readonly world: World,
    private readonly process: SimProcess,
    private readonly store: SimStore,
    private readonly labels: readonly string[],
  ) {
    this.id = `${process.name}-1-PoolWorker.${ELSEWHERE}-main`;
    this.leases = new KazooLeases(store, { clock: process.clock, random: process.dice });
  }

  start(): void {
    const record = encode({ id: this.id, provider_name: ELSEWHERE, supported_labels: this.labels });
    const options = { ephemeral: true, makeParents: true };
    this.survive(this.store.create(`/nodepool/launchers/${this.id}`, record, options)).then(
      () => this.lookLater(),
      () => undefined,
    );
  }

  stop(): void {
    this.store.close().then(
      () => this.process.kill(),
      () => undefined,
    );
  }

  private lookLater(): void {
    this.process.clock.schedule(LOOK, () => {
      this.survive(this.look()).then(
        () => this.lookLater(),
        () => undefined,
      );
    });
  }

  /** Whatever keeps it from its work ends it: it has no part in the story then. */
  private async survive(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!isTrouble(error)) this.world.chronicle.say(this.process.name, `gives up: ${String(error)}`);
      throw error;
    }
  }

  private async look(): Promise<void> {
    const ids = (await this.store.list('/nodepool/requests')) ?? [];
    for (const id of [...ids].sort()) if (REQUEST_ID.test(id)) await this.consider(id);
    if (this.process.dice.chance(REMARKS)) await this.remark();
  }

  private async consider(id: string): Promise<void> {
    if (!this.isOpen((await this.readRequest(id)) ?? {})) return;
    const result = await this.leases.acquire(`/nodepool/requests-lock/${id}`, { makeParents: true });
    if (!('lease' in result)) return;
    try {
      const request = await this.readRequest(id);
      if (request && this.isOpen(request)) await this.decline(id, request);
    } finally {
      await result.lease.release();
    }
  }

  private isOpen(request: Json): boolean {
    return request['state'] === 'requested' && !texts(request['declined_by']).includes(this.id);
  }

  /** By way of `pending`, as ever; who is the last to decline fails it. */
  private async decline(id: string, request: Json): Promise<void> {
    const path = `/nodepool/requests/${id}`;
    const write = (change: Json): Promise<unknown> =>
      this.store.write(
        path,
        encode(known({ ...request, ...change, state_time: this.process.clock.now() }, OF_REQUESTS)),
      );
    await write({ state: 'pending' });
    const launchers = (await this.store.list('/nodepool/launchers')) ?? [];
    const declined = [...texts(request['declined_by']), this.id];
    const isLast = launchers.every((launcher) => declined.includes(launcher));
    await write({ declined_by: declined, state: isLast ? 'failed' : 'requested' });
  }

  /** On a node that nobody uses. */
  private async remark(): Promise<void> {
    const free = [...this.world.model.nodes.values()].filter(
      ({ state, json }) => state === 'ready' && json?.['allocated_to'] === null && json['provider'] !== ELSEWHERE,
    );
    if (free.length === 0) return;
    const path = `/nodepool/nodes/${this.process.dice.pick(free).id}`;
    const result = await this.leases.acquire(`${path}/lock`, {});
    if (!('lease' in result)) return;
    try {
      const node = parse((await this.store.read(path))?.data);
      if (node?.['state'] === 'ready')
        await this.store.write(path, encode(known({ ...node, comment: 'seen' }, OF_NODES)));
    } finally {
      await result.lease.release();
    }
  }

  private async readRequest(id: string): Promise<Json | null> {
    return parse((await this.store.read(`/nodepool/requests/${id}`))?.data);
  }
}

function known(json: Json, keys: ReadonlySet<string>): Json {
  return Object.fromEntries(Object.entries(json).filter(([key]) => keys.has(key)));
}
