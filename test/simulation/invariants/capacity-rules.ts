import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import type { Author } from '../kernel/observed-tree.js';
import { parse, text, texts } from '../kernel/tree-model.js';
import type { Invariant, World } from '../world.js';

const REQUEST = /^\/nodepool\/requests\/([^/]+)$/;
/** Seconds within which launchers may not have seen each other's doings. */
const MIRROR_LAG = 3;
/** Seconds that an edited configuration may take to be in force everywhere. */
const CONFIG_LAG = 60;

/** Whoever comes back from an absence does not know yet what happened meanwhile. */
function knownUntil(author: Author, world: World): number {
  const recently = world.clock.monotonic() - MIRROR_LAG;
  return author.absence.to >= recently ? Math.min(recently, author.absence.from - MIRROR_LAG) : recently;
}

/** A launcher does not ask for more ready nodes than are wanted. */
export const minReadyIsNotOvershot: Invariant = {
  afterChange(change, world) {
    const id = REQUEST.exec(change.path)?.[1];
    if (id === undefined || change.kind !== 'create' || change.author?.role !== 'launcher') return;
    const json = parse(change.after);
    const [label] = texts(json?.['node_types']);
    if (label === undefined) return;
    const wanted = Math.max(
      ...world.recentConfigs(CONFIG_LAG).map((config) => config.labels.get(label)?.minReady ?? 0),
    );
    const present = presentOf(label, change.author, world);
    if (present <= wanted) return;
    world.chronicle.fail(
      'min-ready is not overshot',
      `${change.author.process} asks for ${label} with ${id}: ${present} of ${wanted} are there or on their way`,
    );
  },
};

function presentOf(label: string, author: Author, world: World): number {
  const recently = knownUntil(author, world);
  let present = 0;
  for (const { json, state } of world.model.requests.values()) {
    const own = json?.['requestor'] === MIN_READY_REQUESTOR && texts(json['node_types']).includes(label);
    if (own && state !== 'failed' && state !== 'fulfilled') present += 1;
  }
  for (const { json, state, changedAt } of world.model.nodes.values()) {
    if (state !== 'ready' || !texts(json?.['type']).includes(label)) continue;
    const request = text(json?.['allocated_to']);
    // Just freed: not yet known to everybody.
    if (request === null ? changedAt < recently : isFulfilledMinReady(request, world)) present += 1;
  }
  return present;
}

function isFulfilledMinReady(id: string, world: World): boolean {
  const request = world.model.requests.get(id);
  return request?.state === 'fulfilled' && request.json?.['requestor'] === MIN_READY_REQUESTOR;
}
