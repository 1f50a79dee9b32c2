import type { FakeServerView } from '../../../src/adapters/fake-cloud/fake-server.js';
import type { CloudCall, Invariant, World } from '../world.js';

/** Seconds within which an answer counts: later ones find nobody who waits for them. */
const PATIENCE = 300;
/** Seconds for which lists may show a server that is gone. */
const AFTERGLOW = 120;

/** A node has one living server at most, and nobody deletes again what it knows to be gone. */
export const serversAreCounted: Invariant = {
  onCloudCall(call, world) {
    if (call.process.role !== 'launcher') return;
    if (call.kind === 'create') checkNumber(call, world);
    if (call.kind === 'delete') checkDeletion(call, world);
  },
  afterChange({ path, author, kind }, world) {
    if (!author || kind === 'remove' || !NODE.test(path)) return;
    const known = writers.get(world) ?? new Map<string, Map<string, number>>();
    writers.set(world, known);
    known.set(path, (known.get(path) ?? new Map<string, number>()).set(author.process, world.clock.monotonic()));
  },
};

const NODE = /^\/nodepool\/nodes\/\d+$/;
/** When each has written a node last, by its path: of one world. */
const writers = new WeakMap<World, Map<string, Map<string, number>>>();

/** Of those that were made already: the one that is asked for now may be the first, or the same once more. */
function checkNumber({ nodeId, provider, process }: CloudCall, world: World): void {
  const living = world.servers.filter(
    (server) => isOf(server, nodeId, provider) && !world.isOfLostStore(server.metadata),
  );
  if (living.length < 2) return;
  const detail = `${process.name} asks for a server of node ${String(nodeId)}, which has ${living.map(({ id }) => id).join(' and ')}`;
  world.chronicle.fail('a node has one server', detail);
}

function isOf({ status, metadata }: FakeServerView, node: string | null, provider: string): boolean {
  if (status !== 'building' && status !== 'active') return false;
  return metadata['nodepool_node_id'] === node && metadata['nodepool_provider_name'] === provider;
}

const deletions = new WeakMap<World, Map<string, CloudCall>>();

function checkDeletion(call: CloudCall, world: World): void {
  const made = deletions.get(world) ?? new Map<string, CloudCall>();
  deletions.set(world, made);
  const key = `${call.process.name} ${String(call.externalId)}`;
  const before = made.get(key);
  made.set(key, call);
  if (!before || !knowsThatItIsGone(before, call, world)) return;
  const detail = `${call.process.name} deletes server ${String(call.externalId)} again, which has been gone for ${call.at - before.at} s`;
  world.chronicle.fail('servers are deleted once', detail);
}

/** It was told so, nothing has shown it the server since, and its session did not end over it. */
function knowsThatItIsGone(before: CloudCall, now: CloudCall, world: World): boolean {
  const { answer } = before;
  if (answer?.kind !== 'done' || answer.at - before.at > PATIENCE) return false;
  if (before.author !== now.author || now.process.absence.to >= before.at) return false;
  if (isOrderedAgain(before, now, world)) return false;
  if (world.clouds.all.some(({ servers }) => servers.some(({ id }) => id === now.externalId))) return false;
  // A cloud may have kept what it said to be gone: then others have found it, too, and one of them was first.
  if (foundByOthers(before, now, world)) return false;
  return world.clouds.all.every(({ knobs }) => knobs.listAfterglow === 0) || now.at - answer.at > AFTERGLOW;
}

function foundByOthers(before: CloudCall, { externalId, process }: CloudCall, world: World): boolean {
  const calls = [...(deletions.get(world)?.values() ?? [])];
  return calls.some((call) => call.externalId === externalId && call.process !== process && call.at > before.at);
}

/** Somebody else has written since what the node is to be: it is to go again. */
function isOrderedAgain(before: CloudCall, { externalId, process }: CloudCall, world: World): boolean {
  const node = [...world.model.nodes.values()].find(({ json }) => json?.['external_id'] === externalId)?.id;
  const writes = node === undefined ? undefined : writers.get(world)?.get(`/nodepool/nodes/${node}`);
  return [...(writes ?? [])].some(([name, at]) => name !== process.name && at >= before.at);
}
