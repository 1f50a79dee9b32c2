import { NODE_TRANSITIONS } from '../../../src/domain/lifecycle/node-lifecycle.js';
import type { NodeState } from '../../../src/domain/model/node.js';
import type { Author } from '../kernel/observed-tree.js';
import { parse, text } from '../kernel/tree-model.js';
import { LAB } from '../scenario/machines.js';
import type { Json, ModelRecord } from '../kernel/tree-model.js';
import type { CloudCall, Invariant, World } from '../world.js';

const NODE = /^\/nodepool\/nodes\/([^/]+)$/;
const CONTENDER = /^\/nodepool\/(?:nodes\/([^/]+)\/lock|requests-lock\/([^/]+))\/([^/]+__lock__\d+)$/;
/** A provider that no launcher of ours has. */
export const ELSEWHERE = 'elsewhere';

/** Nobody pushes another contender out of the queue for a lock. */
export const contendersAreTheirOwn: Invariant = {
  beforeChange(change, world) {
    const [, node, request, name] = CONTENDER.exec(change.path) ?? [];
    if (change.kind !== 'remove' || change.expired || name === undefined || change.author === null) return;
    const queue = node ? world.model.nodeLocks.get(node) : world.model.requestLocks.get(request ?? '');
    const owner = queue?.find((contender) => contender.name === name)?.owner;
    if (!owner || owner === change.author || change.author.role === 'operator') return;
    world.chronicle.fail(
      'locks are their owners',
      `${change.author.process} removes ${change.path} of ${owner.process}`,
    );
  },
};

/** Whoever follows no rules may have spoilt a node: from then on nothing is promised for it. */
export const strangersAreNoted: Invariant = {
  beforeChange(change, world) {
    const id = NODE.exec(change.path)?.[1];
    if (id === undefined || change.author?.role === 'launcher') return;
    const before = parse(change.before);
    const after = parse(change.after);
    if (after?.['state'] === 'in-use' && before?.['state'] !== 'in-use') {
      world.ledger.inUse(id, text(after['allocated_to']));
    }
    if (change.author?.role === 'zuul') return;
    const holds = change.author?.role === 'jenkins' && world.model.nodeHolder(id)?.owner === change.author;
    const same = ['state', 'allocated_to'].every((key) => before?.[key] === after?.[key]);
    if (change.kind !== 'write' || (!holds && !same)) world.ledger.excuse(id);
  },
};

/** What launchers may do to node records. */
export const nodesAreTreatedWell: Invariant = {
  beforeChange(change, world) {
    const id = NODE.exec(change.path)?.[1];
    const { author } = change;
    if (id === undefined || author?.role !== 'launcher' || change.expired) return;
    const before = parse(change.before);
    const after = parse(change.after);
    if (change.kind === 'create') return checkCreation(id, after, author, world);
    if (before?.['provider'] === ELSEWHERE) {
      world.chronicle.fail('foreign nodes are left alone', `${author.process} does ${change.kind} node ${id}`);
    }
    if (change.kind === 'remove') return checkRemoval(id, before, author, world);
    const holder = world.model.nodeHolder(id);
    if (holder?.owner !== author) {
      const who = holder ? `${holder.owner?.process ?? 'somebody'} holds it` : 'nobody holds it';
      world.chronicle.fail('only the holder writes', `${author.process} writes node ${id} although ${who}`);
    }
    if (before && after && !world.ledger.excused(id)) checkWrite(id, before, after, author, world);
  },
};

function checkCreation(id: string, after: Json | null, author: Author, world: World): void {
  if (after?.['state'] === 'init' && after['provider']) return;
  // What exists by itself is ready from the beginning.
  if (after?.['state'] === 'ready' && after['provider'] === LAB && after['allocated_to'] === null) return;
  world.chronicle.fail('no ghosts', `${author.process} creates node ${id} as ${JSON.stringify(after)}`);
}

function checkRemoval(id: string, before: Json | null, author: Author, world: World): void {
  if (before === null || before['state'] === 'deleted' || !before['provider'] || before['state'] === undefined) return;
  const detail = `${author.process} removes node ${id} in state ${JSON.stringify(before['state'])}`;
  world.chronicle.fail('deleted before removed', detail);
}

function checkWrite(id: string, before: Json, after: Json, author: Author, world: World): void {
  const from = before['state'] as NodeState;
  const to = after['state'] as NodeState;
  if (from !== to && !NODE_TRANSITIONS[from]?.includes(to)) {
    world.chronicle.fail('states follow the table', `${author.process} moves node ${id} from ${from} to ${to}`);
  }
  if (to === 'deleting' && from !== to) checkDeletion(id, before, author, world);
  checkAllocation(id, before, after, author, world);
}

function checkDeletion(id: string, before: Json, author: Author, world: World): void {
  const request = text(before['allocated_to']);
  if (before['state'] === 'ready' && request !== null && world.model.requests.has(request)) {
    world.chronicle.fail(
      'given nodes are kept',
      `${author.process} deletes node ${id}, which ${request} waits to take`,
    );
  }
  if (before['state'] !== 'hold') return;
  const expiration = Number(before['hold_expiration'] ?? 0);
  const limits = world.recentConfigs(30).map((config) => config.maxHoldAge);
  const limit = Math.min(expiration > 0 ? expiration : Infinity, ...limits.map((age) => (age > 0 ? age : Infinity)));
  const age = world.clock.now() - Number(before['state_time']);
  // Clocks may differ, and those that jump judge wrongly.
  if (age + world.clockTolerance >= limit || expiration > 1e10) return;
  world.chronicle.fail('held nodes are kept', `${author.process} deletes node ${id} held for ${age} s of ${limit}`);
}

function checkAllocation(id: string, before: Json, after: Json, author: Author, world: World): void {
  const from = text(before['allocated_to']);
  const to = text(after['allocated_to']);
  if (from === to || from === null) return;
  if (to !== null) {
    world.chronicle.fail('a node serves one request', `${author.process} gives node ${id} of ${from} to ${to}`);
    return;
  }
  const request = world.model.requests.get(from);
  if (!request || request.json?.['requestor'] === 'NodePool:min-ready') return;
  if (request.state === 'fulfilled') {
    world.chronicle.fail('given nodes are kept', `${author.process} frees node ${id} of ${from}, which is fulfilled`);
  } else if (world.model.requestHolder(from)?.owner !== author) {
    const detail = `${author.process} frees node ${id} of ${from} without holding that request`;
    world.chronicle.fail('given nodes are kept', detail);
  }
}

/** What launchers may do to servers. */
export const serversAreTreatedWell: Invariant = {
  onCloudCall(call, world) {
    if (call.process.role !== 'launcher') return;
    if (call.kind === 'create') checkLaunch(call, world, world.launchedBy);
    if (call.kind === 'delete') checkServerDeletion(call, world);
  },
};

function checkLaunch(call: CloudCall, world: World, launchedBy: Map<string, string>): void {
  const id = call.nodeId ?? '';
  const before = launchedBy.get(id);
  launchedBy.set(id, call.process.name);
  if (before !== undefined && before !== call.process.name) {
    world.chronicle.fail(
      'a node is launched once',
      `${call.process.name} launches node ${id}, as ${before} did before`,
    );
  }
  const record = world.model.nodes.get(id);
  if (!record || world.ledger.excused(id)) return;
  if (record.state === 'building' && text(record.json?.['external_id']) !== null) {
    const detail = `${call.process.name} launches node ${id}, which has ${String(record.json?.['external_id'])}`;
    world.chronicle.fail('a node has one server', detail);
  }
}

function checkServerDeletion(call: CloudCall, world: World): void {
  for (const cloud of world.clouds.all) {
    const server = cloud.servers.find(({ id }) => id === call.externalId);
    const id = server?.metadata['nodepool_node_id'];
    const record = id === undefined ? undefined : world.model.nodes.get(id);
    if (!record || world.ledger.excused(record.id)) continue;
    if (text(record.json?.['external_id']) !== call.externalId) continue;
    if (mayLoseServer(record)) continue;
    const detail = `${call.process.name} deletes the server of node ${record.id}, which is ${String(record.state)}`;
    world.chronicle.fail('servers in use are kept', detail);
  }
}

function mayLoseServer(record: ModelRecord): boolean {
  return record.state !== 'ready' && record.state !== 'in-use' && record.state !== 'hold';
}
