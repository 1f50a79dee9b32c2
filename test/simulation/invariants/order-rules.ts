import { parseRequestId } from '../../../src/domain/model/request.js';
import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import type { Author } from '../kernel/observed-tree.js';
import { parse } from '../kernel/tree-model.js';
import type { Json, ModelRecord } from '../kernel/tree-model.js';
import type { Invariant, World } from '../world.js';

const REQUEST = /^\/nodepool\/requests\/([^/]+)$/;
const LOCK = /^\/nodepool\/requests-lock\/([^/]+)\/[^/]+$/;
const ARRIVAL = /^\/nodepool\/components\/launcher\/[^/]+$/;
/** Seconds after which whoever is there has seen a request. */
const SEEN = 5;
/** Seconds in which the lock of the one that comes first may still be asked for. */
const PATIENCE = 2;

/** What makes requests interchangeable: whoever can serve the one can serve the other. */
const SHAPE = ['node_types', 'provider', 'tenant_name', 'reuse', 'declined_by'] as const;

/** Of requests that want the same, a launcher takes those first that come first: by priority, relative priority, age. */
export const requestsAreTakenInOrder: Invariant = {
  afterChange(change, world) {
    if (change.kind === 'create' && change.author && ARRIVAL.test(change.path))
      arrivals(world).set(change.author.process, world.clock.monotonic());
    const locked = LOCK.exec(change.path)?.[1];
    if (locked !== undefined && change.kind === 'create' && change.owner) world.touched.add(key(locked, change.owner));
    const id = REQUEST.exec(change.path)?.[1];
    if (id === undefined || change.author?.role !== 'launcher' || change.kind !== 'write') return;
    if (parse(change.before)?.['state'] !== 'requested' || parse(change.after)?.['state'] !== 'pending') return;
    const taken = world.model.requests.get(id);
    const { author } = change;
    if (!taken?.json || taken.json['requestor'] === MIN_READY_REQUESTOR || !attends(author, world)) return;
    for (const other of world.model.requests.values()) {
      if (!comesFirst(other, taken, author, world)) continue;
      world.clock.schedule(PATIENCE, () => checkAgain(other, taken, author, world));
    }
  },
};

function comesFirst(other: ModelRecord, taken: ModelRecord, author: Author, world: World): boolean {
  if (other.id === taken.id || other.state !== 'requested' || !other.json || !taken.json) return false;
  if (world.clock.monotonic() - other.changedAt < SEEN || world.model.requestLocks.has(other.id)) return false;
  if (other.json['requestor'] === MIN_READY_REQUESTOR || world.touched.has(key(other.id, author))) return false;
  if (SHAPE.some((name) => !same(name, other.json, taken.json))) return false;
  return isBefore(other, taken);
}

/** Had it been left alone all the time, it was passed over. */
function checkAgain(other: ModelRecord, taken: ModelRecord, author: Author, world: World): void {
  const now = world.model.requests.get(other.id);
  if (now !== other || world.touched.has(key(other.id, author)) || !attends(author, world)) return;
  const detail = `${author.process} takes ${taken.id}, although ${other.id} wants the same and comes first`;
  world.chronicle.fail('requests are taken in order', detail);
}

/** Is it awake and connected, and has it been for a while? What it had in its hands when its session ended, it leaves alone for a moment. */
function attends(author: Author, world: World): boolean {
  const recently = world.clock.monotonic() - SEEN;
  return author.absence.to < recently && (arrivals(world).get(author.process) ?? -Infinity) < recently;
}

const arrived = new WeakMap<World, Map<string, number>>();

/** When each launcher registered last: after its start, or with a new session. */
function arrivals(world: World): Map<string, number> {
  const known = arrived.get(world) ?? new Map<string, number>();
  arrived.set(world, known);
  return known;
}

function isBefore(one: ModelRecord, other: ModelRecord): boolean {
  const [a, b] = [parseRequestId(one.id), parseRequestId(other.id)];
  if (!a || !b) return false;
  if (a.priority !== b.priority) return a.priority < b.priority;
  const [first, second] = [relative(one.json), relative(other.json)];
  return first === second ? a.sequence < b.sequence : first < second;
}

function relative(json: Json | null): number {
  const value = json?.['relative_priority'];
  return typeof value === 'number' ? value : 0;
}

function same(name: (typeof SHAPE)[number], one: Json | null, other: Json | null): boolean {
  const empty = name === 'declined_by' ? [] : null;
  return JSON.stringify(one?.[name] ?? empty) === JSON.stringify(other?.[name] ?? empty);
}

function key(request: string, { process }: Author): string {
  return `${request} ${process}`;
}
