import type { Author } from '../kernel/observed-tree.js';
import { parse } from '../kernel/tree-model.js';
import type { ModelRecord } from '../kernel/tree-model.js';
import type { Invariant, World } from '../world.js';

const BUILD = /^\/nodepool\/images\/([^/]+)\/builds\/([^/]+)$/;
const UPLOAD = /^\/nodepool\/images\/([^/]+)\/builds\/([^/]+)\/providers\/([^/]+)\/images\/(\d+)$/;
const LOCK = /^(\/nodepool\/images\/.+)\/lock\/([^/]+)$/;

/** Builders write builds and uploads under a lock, and never make the same thing twice. */
export const imagesAreMadeOnce: Invariant = {
  beforeChange(change, world) {
    const { author, path } = change;
    // With a record its lock goes, and before it.
    if (author?.role !== 'builder' || change.kind === 'remove') return;
    if (LOCK.test(path)) return;
    const build = BUILD.exec(path);
    if (build && build[2] !== 'lock') return checkBuild(change.kind, build[1] ?? '', path, author, world);
    const upload = UPLOAD.exec(path);
    if (upload) checkUpload(change, upload, author, world);
  },
  afterChange(change, world) {
    const lock = LOCK.exec(change.path);
    const [, below = '', name = ''] = lock ?? [];
    if (!lock) return;
    const queue = world.imageLocks.get(below) ?? [];
    if (change.kind === 'create' && /__lock__-?\d{10}$/.test(name)) queue.push({ name, owner: change.owner });
    const left = change.kind === 'remove' ? queue.filter((contender) => contender.name !== name) : queue;
    left.sort((a, b) => (a.name.slice(-10) < b.name.slice(-10) ? -1 : 1));
    if (left.length > 0) world.imageLocks.set(below, left);
    else world.imageLocks.delete(below);
  },
};

function checkBuild(kind: string, image: string, path: string, author: Author, world: World): void {
  const locks = [`/nodepool/images/${image}/builds`, path] as const;
  if (locks.some((lock) => holds(lock, author, world))) return;
  if (kind !== 'create' && endsItsOwn(world.model.builds.get(path), locks[0], author, world)) return;
  world.chronicle.fail('builds are written under their lock', `${author.process} does ${kind} ${path} without a lock`);
}

/** Who has lost its session may end what it began, unless somebody has begun with it meanwhile. */
function endsItsOwn(record: ModelRecord | undefined, lock: string, author: Author, world: World): boolean {
  return record?.creator?.process === author.process && !world.imageLocks.has(lock);
}

function checkUpload(
  change: {
    readonly kind: string;
    readonly path: string;
    readonly before: Uint8Array | undefined;
    readonly after: Uint8Array | undefined;
  },
  [, image = '', build = '', provider = '']: RegExpExecArray,
  author: Author,
  world: World,
): void {
  const { kind, path } = change;
  const above = `/nodepool/images/${image}/builds/${build}/providers/${provider}/images`;
  const own = kind !== 'create' && endsItsOwn(world.model.uploads.get(path), above, author, world);
  if (!own && !holds(above, author, world) && !holds(path, author, world))
    world.chronicle.fail(
      'uploads are written under their lock',
      `${author.process} does ${kind} ${path} without a lock`,
    );
  if (parse(change.after)?.['state'] !== 'ready' || parse(change.before)?.['state'] === 'ready') return;
  const others = [...world.model.uploads.values()].filter(
    (upload) => upload.id !== path && upload.id.startsWith(`${above}/`) && upload.state === 'ready',
  );
  if (others.length === 0) return;
  world.chronicle.fail(
    'a build is uploaded once',
    `${author.process} has uploaded ${path}, as ${others[0]?.id ?? ''} was`,
  );
}

function holds(below: string, author: Author, world: World): boolean {
  return world.imageLocks.get(below)?.[0]?.owner === author;
}
