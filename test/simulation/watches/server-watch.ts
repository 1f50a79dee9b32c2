import type { FakeServerView } from '../../../src/adapters/fake-cloud/fake-server.js';
import type { ModelRecord } from '../kernel/tree-model.js';
import { text } from '../kernel/tree-model.js';
import type { Installation } from '../installation.js';
import type { World } from '../world.js';
import type { Fitness } from './fitness.js';

/** Seconds between two cleanups of a launcher, and how many of them a leaked server may see. */
const CLEANUP = 60;
const CLEANUPS = 2;
/** Seconds that one cleanup may take by itself, and with each server more. */
const WORK = 60;
const WORK_EACH = 40;
/** States in which a node that nobody holds is to go. */
const ABANDONED: readonly unknown[] = ['used', 'in-use', 'building', 'failed', 'aborted', 'deleting', 'deleted'];

/** Each server is tracked by a record or reaped within two cleanups, and each record that nobody needs any more is taken down with it. */
export class ServerWatch {
  /** Since when nobody has to do with it, by server and by node. */
  private servers = new Map<string, number>();
  private nodes = new Map<string, number>();

  constructor(private readonly fitness: Fitness) {}

  look(installation: Installation): void {
    const { world } = installation;
    const now = world.clock.monotonic();
    this.lookAtServers(installation, now);
    const before = this.nodes;
    this.nodes = new Map();
    for (const record of world.model.nodes.values()) {
      if (!ABANDONED.includes(record.state) || world.model.nodeLocks.has(record.id)) continue;
      if (world.ledger.excused(record.id)) continue;
      const since = Math.max(before.get(record.id) ?? now, record.changedAt);
      this.nodes.set(record.id, since);
      const late = this.lateness(installation, text(record.json?.['provider']) ?? '', since);
      if (late <= CLEANUPS * CLEANUP + WORK) continue;
      const detail = `node ${record.id} is ${String(record.state)}, and nobody has taken it down for ${late} s`;
      world.chronicle.fail('abandoned nodes go', detail);
    }
  }

  private lookAtServers(installation: Installation, now: number): void {
    const { world } = installation;
    const before = this.servers;
    this.servers = new Map();
    const all = world.servers;
    checkTwins(all, world);
    // Whose store was lost only those know who have lived through it: the unit tests judge that.
    const known = all.filter(({ metadata }) => !world.isOfLostStore(metadata));
    const lost = known.filter((server) => isUntracked(server, world.model.nodes));
    for (const server of lost) {
      const since = before.get(server.id) ?? now;
      this.servers.set(server.id, since);
      const late = this.lateness(installation, server.metadata['nodepool_provider_name'] ?? '', since);
      if (late <= CLEANUPS * CLEANUP + WORK + WORK_EACH * lost.length) continue;
      const detail = `server ${server.id} of node ${String(server.metadata['nodepool_node_id'])} belongs to nobody, and nobody has deleted it for ${late} s`;
      world.chronicle.fail('servers are tracked or reaped', detail);
    }
  }

  /** Seconds for which one launcher at least could have done something about it without a break; -Infinity = none. */
  private lateness({ world, draft, cast }: Installation, name: string, since: number): number {
    const provider = draft.providers.find((each) => each.name === name);
    const now = world.clock.monotonic();
    const configs = world.recentConfigs(now - since);
    if (!provider || !configs.every(({ providers }) => providers.has(name))) return -Infinity;
    const able = cast.launchers.filter(({ providers }) => providers === 'all' || providers.includes(name));
    const fit = Math.min(Infinity, ...able.map(({ host }) => this.fitness.ofDaemon(host)));
    return now - Math.max(since, fit, this.fitness.ofCloud(provider.cloud));
  }
}

/** A node has one living server at most, whatever became of the answers to those who asked for it. */
function checkTwins(servers: readonly FakeServerView[], world: World): void {
  const living = new Map<string, string>();
  for (const { id, status, metadata } of servers) {
    const node = metadata['nodepool_node_id'];
    if (node === undefined || (status !== 'building' && status !== 'active')) continue;
    // Numbers repeat in a new store.
    if (world.isOfLostStore(metadata)) continue;
    const key = `${node} in ${String(metadata['nodepool_provider_name'])}`;
    const other = living.get(key);
    if (other !== undefined) world.chronicle.fail('a node has one server', `node ${key} has ${other} and ${id}`);
    living.set(key, id);
  }
}

function isUntracked({ status, metadata }: FakeServerView, nodes: ReadonlyMap<string, ModelRecord>): boolean {
  const node = metadata['nodepool_node_id'];
  if (node === undefined || metadata['nodepool_provider_name'] === undefined || status === 'deleting') return false;
  const record = nodes.get(node);
  if (!record) return true;
  // What cannot be read may be of anybody.
  return record.json !== null && record.json['provider'] !== metadata['nodepool_provider_name'];
}
