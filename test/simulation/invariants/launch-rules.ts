import { knownOrOldest } from '../../../src/domain/model/moment.js';
import type { Author } from '../kernel/observed-tree.js';
import { parse, text, texts } from '../kernel/tree-model.js';
import type { Json } from '../kernel/tree-model.js';
import type { CloudCall, Invariant, World } from '../world.js';

const NODE = /^\/nodepool\/nodes\/([^/]+)$/;
const REQUEST = /^\/nodepool\/requests\/([^/]+)$/;
/** Seconds that an edited configuration may take to be in force everywhere. */
const CONFIG_LAG = 60;
/** Seconds within which launchers may not have seen what builders did. */
const MIRROR_LAG = 5;
/** Seconds that letting go of a lock may take. */
const LETTING_GO = 1;

/** How many instances a node may have, at once and one after the other. */
export const launchesAreCounted: Invariant = {
  onCloudCall(call, world) {
    if (call.kind !== 'create' || call.process.role !== 'launcher' || call.nodeId === null) return;
    const attempts = (world.attempts.get(call.nodeId) ?? 0) + 1;
    world.attempts.set(call.nodeId, attempts);
    const allowed = most(world, ({ providers }) => providers.get(call.provider)?.launchRetries ?? 0);
    if (allowed > 0 && attempts > allowed) {
      const detail = `${call.process.name} tries node ${call.nodeId} for the ${attempts}th time, ${allowed} are allowed`;
      world.chronicle.fail('launch-retries is kept', detail);
    }
    checkConcurrency(call, world);
    checkServers(call, world);
  },
};

/** Launches of one process in one provider, over all its pools. A lock that is just being let go of shows for a moment. */
function checkConcurrency({ process, provider, nodeId, store }: CloudCall, world: World): void {
  const allowed = most(world, ({ providers }) => providers.get(provider)?.maxConcurrency ?? 0);
  if (allowed <= 0 || allowed === Infinity) return;
  const { author } = store;
  const launching = (id: string): boolean => {
    const node = world.model.nodes.get(id);
    return node?.state === 'building' && node.json?.['provider'] === provider && holds(id, author, world);
  };
  const active = new Set([...world.model.nodes.keys()].filter(launching)).add(nodeId ?? '');
  if (active.size <= allowed) return;
  world.clock.schedule(LETTING_GO, () => {
    if (![...active].every(launching)) return;
    const detail = `${process.name} launches ${active.size} nodes in ${provider}, ${allowed} are allowed`;
    world.chronicle.fail('max-concurrency is kept', detail);
  });
}

function holds(node: string, author: Author, world: World): boolean {
  return world.model.nodeHolder(node)?.owner === author;
}

/** A broken server is deleted before the next attempt; of those that were never answered nobody knows. */
function checkServers({ process, nodeId, provider }: CloudCall, world: World): void {
  const json = world.model.nodes.get(nodeId ?? '')?.json;
  const known = text(json?.['external_id']);
  if (json?.['provider'] !== provider || world.ledger.excused(nodeId ?? '')) return;
  for (const cloud of world.clouds.all) {
    const alive = cloud.servers.find(({ id, status }) => id === known && status !== 'deleting' && status !== 'gone');
    if (!alive) continue;
    const detail = `${process.name} makes another server for node ${String(nodeId)}, whose server ${alive.id} is ${alive.status}`;
    world.chronicle.fail('a node has one server', detail);
  }
}

/** Nodes of one request are of one pool and one zone, in the order of its labels. */
export const nodesFitTogether: Invariant = {
  beforeChange(change, world) {
    const id = REQUEST.exec(change.path)?.[1];
    if (id === undefined || change.author?.role !== 'launcher' || change.kind !== 'write') return;
    const after = parse(change.after);
    if (after?.['state'] !== 'fulfilled' || parse(change.before)?.['state'] === 'fulfilled') return;
    const ids = texts(after['nodes']);
    if (ids.some((node) => world.ledger.excused(node))) return;
    const nodes = ids.flatMap((node): Json[] => {
      const json = world.model.nodes.get(node)?.json;
      return json ? [json] : [];
    });
    for (const key of ['provider', 'pool', 'az']) {
      const values = new Set(nodes.map((node) => node[key]));
      if (values.size <= 1) continue;
      const detail = `${change.author.process} fulfils ${id} with nodes of several ${key}: ${[...values].join(', ')}`;
      world.chronicle.fail('nodes of a request fit together', detail);
    }
    if (after['reuse'] === false) checkFresh(id, ids, change.author, world);
  },
};

/** Who wants no node that was there before gets none. */
function checkFresh(id: string, nodes: readonly string[], author: Author, world: World): void {
  const since = world.model.requests.get(id)?.createdAt ?? 0;
  for (const node of nodes) {
    const made = world.model.nodes.get(node)?.createdAt ?? Infinity;
    if (made >= since) continue;
    world.chronicle.fail(
      'reuse is respected',
      `${author.process} fulfils ${id} with node ${node}, which was there before`,
    );
  }
}

/** Nodes are made from the newest image that is ready in their provider. */
export const imagesAreTheNewest: Invariant = {
  beforeChange(change, world) {
    const id = NODE.exec(change.path)?.[1];
    if (id === undefined || change.author?.role !== 'launcher' || change.kind !== 'write') return;
    const before = parse(change.before);
    const after = parse(change.after);
    if (after?.['state'] !== 'building' || before?.['state'] === 'building' || world.ledger.excused(id)) return;
    checkImage(id, after, change.author, world);
  },
};

function checkImage(id: string, node: Json, author: Author, world: World): void {
  const chosen = world.model.uploads.get(text(node['image_id']) ?? '');
  const seen = world.clock.monotonic() - MIRROR_LAG;
  if (!chosen || author.absence.to > seen) return;
  for (const upload of world.model.uploads.values()) {
    if (upload.image !== chosen.image || upload.provider !== chosen.provider || upload === chosen) continue;
    if (upload.state !== 'ready' || upload.changedAt > seen || chosen.changedAt > seen) continue;
    if (since(upload.json) <= since(chosen.json)) continue;
    const detail = `${author.process} makes node ${id} from ${chosen.id} although ${upload.id} is newer`;
    world.chronicle.fail('nodes are made from the newest image', detail);
  }
}

function since(json: Json | null): number {
  return knownOrOldest(Number(json?.['state_time'] ?? 0));
}

function most(world: World, of: (config: World['config']) => number): number {
  return Math.max(...world.recentConfigs(CONFIG_LAG).map(of));
}
