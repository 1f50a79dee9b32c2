import { REQUEST_TRANSITIONS } from '../../../src/domain/lifecycle/request-lifecycle.js';
import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import type { RequestState } from '../../../src/domain/model/request.js';
import { memoryOf } from '../judges/memory.js';
import type { Author } from '../kernel/observed-tree.js';
import { parse, text, texts } from '../kernel/tree-model.js';
import type { Json } from '../kernel/tree-model.js';
import type { Invariant, World } from '../world.js';

const REQUEST = /^\/nodepool\/requests\/([^/]+)$/;
/** Seconds that a registration may take to be seen by all. */
const REGISTRATION_LAG = 5;
/** And where messages take their time, both ways. */
const SLOW_LAG = 60;

/** What launchers may do to requests. */
export const requestsAreTreatedWell: Invariant = {
  beforeChange(change, world) {
    const id = REQUEST.exec(change.path)?.[1];
    const { author } = change;
    if (id === undefined || author?.role !== 'launcher' || change.expired) return;
    const before = parse(change.before);
    const after = parse(change.after);
    if (change.kind !== 'write') {
      if ((before ?? after)?.['requestor'] === MIN_READY_REQUESTOR) return;
      world.chronicle.fail('requests belong to clients', `${author.process} does ${change.kind} request ${id}`);
      return;
    }
    if (world.model.requestHolder(id)?.owner !== author) {
      const holder = world.model.requestHolder(id)?.owner?.process ?? 'nobody';
      world.chronicle.fail('only the holder writes', `${author.process} writes request ${id}, held by ${holder}`);
    }
    if (before && after) checkWrite(id, before, after, author, world);
  },
};

function checkWrite(id: string, before: Json, after: Json, author: Author, world: World): void {
  const from = before['state'] as RequestState;
  const to = after['state'] as RequestState;
  if (!REQUEST_TRANSITIONS[from]?.includes(to)) {
    world.chronicle.fail('states follow the table', `${author.process} moves request ${id} from ${from} to ${to}`);
  }
  if (to !== 'fulfilled' && texts(after['nodes']).length > 0) {
    world.chronicle.fail('nodes come with fulfilment', `${author.process} writes nodes into ${id}, which is ${to}`);
  }
  for (const key of ['build_id', 'jenkins_label', 'node_types', 'requestor']) {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
    world.chronicle.fail("clients' keys are kept", `${author.process} changes ${key} of request ${id}`);
  }
  checkDeclines(id, before, after, author, world);
  if (to === 'fulfilled') checkFulfilment(id, after, author, world);
  if (to === 'failed') checkFailure(id, after, author, world);
}

/** Who declines has said why before, and every reason that is said is judged there and then. */
function checkDeclines(id: string, before: Json, after: Json, author: Author, world: World): void {
  const known = texts(before['declined_by']);
  for (const launcher of texts(after['declined_by'])) {
    if (known.includes(launcher) || memoryOf(world).verdictOf(launcher, id) === 'decline') continue;
    const said = memoryOf(world).verdictOf(launcher, id) ?? 'nothing';
    world.chronicle.fail(
      'failures are deserved',
      `${author.process} declines ${id} for ${launcher}, which says ${said}`,
    );
  }
}

function checkFulfilment(id: string, request: Json, author: Author, world: World): void {
  const wanted = texts(request['node_types']);
  const nodes = texts(request['nodes']);
  const fail = (what: string): void =>
    world.chronicle.fail('a fulfilled request has its nodes', `${author.process} fulfils ${id}: ${what}`);
  if (nodes.length !== wanted.length || new Set(nodes).size !== nodes.length) return fail(`nodes ${nodes.join(' ')}`);
  nodes.forEach((node, at) => {
    if (world.ledger.excused(node)) return;
    const record = world.model.nodes.get(node);
    const json = record?.json;
    if (!json) return fail(`node ${node} does not exist`);
    if (record.state !== 'ready') fail(`node ${node} is ${String(record.state)}`);
    if (text(json['allocated_to']) !== id) fail(`node ${node} is allocated to ${String(json['allocated_to'])}`);
    if (!texts(json['type']).includes(wanted[at] ?? '')) fail(`node ${node} is no ${wanted[at] ?? ''}`);
    if (text(json['interface_ip']) === null || !Array.isArray(json['host_keys'])) fail(`node ${node} is incomplete`);
    if (world.model.nodeHolder(node)?.owner === author) fail(`node ${node} is still locked`);
  });
}

function checkFailure(id: string, request: Json, author: Author, world: World): void {
  const declined = new Set(texts(request['declined_by']));
  const now = world.clock.monotonic();
  const seen = now - (author.absence.to > now - SLOW_LAG ? SLOW_LAG : REGISTRATION_LAG);
  for (const { id: launcher, since } of world.model.registered.values()) {
    if (declined.has(launcher) || since > seen) continue;
    world.chronicle.fail(
      'failed means all declined',
      `${author.process} fails ${id}, but ${launcher} has not declined`,
    );
  }
}
