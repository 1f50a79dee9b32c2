import { knownOrOldest } from '../../../src/domain/model/moment.js';
import type { Author, TreeChange } from '../kernel/observed-tree.js';
import { parse, texts } from '../kernel/tree-model.js';
import type { Json } from '../kernel/tree-model.js';
import type { Invariant, World } from '../world.js';

const BUILD = /^\/nodepool\/images\/([^/]+)\/builds\/(?!lock$)([^/]+)$/;
const ORDER = /^\/nodepool\/images\/([^/]+)\/request-build$/;
/** Seconds that an edited configuration may take to be in force everywhere. */
const CONFIG_LAG = 60;
/** Seconds for which an order that is gone may count as before. */
const LAG = 10;
/** Seconds between the look under the lock and the record of a new build; more where messages take their time. */
const LOOK = 1;
const SLOW_LOOK = 60;

/** When an order to build was there last, by image: of one world. */
class Orders {
  private readonly until = new Map<string, number>();

  note({ kind, path }: TreeChange, now: number): void {
    const image = ORDER.exec(path)?.[1];
    if (image !== undefined) this.until.set(image, kind === 'remove' ? now + LAG : Infinity);
  }

  has(image: string, now: number): boolean {
    return (this.until.get(image) ?? -Infinity) >= now;
  }
}

const orders = new WeakMap<World, Orders>();

export function isOrdered(image: string, world: World): boolean {
  return orders.get(world)?.has(image, world.clock.monotonic()) === true;
}

/** No image is built again while a build of it is fresh, has all formats, and nobody has ordered another. */
export const imagesAreBuiltWhenDue: Invariant = {
  beforeChange(change, world) {
    const image = BUILD.exec(change.path)?.[1];
    if (image === undefined || change.kind !== 'create' || change.author?.role !== 'builder') return;
    if (isOrdered(image, world)) return;
    const now = world.clock.monotonic();
    const seen = now - (change.author.absence.to > now - SLOW_LOOK ? SLOW_LOOK : LOOK);
    const fresh = [...world.model.builds.values()].find(
      (build) =>
        build.image === image &&
        build.state === 'ready' &&
        (build.changedAt < seen || build.writer?.process === change.author?.process) &&
        isFresh(image, build.json ?? {}, world),
    );
    if (!fresh) return;
    const detail = `${change.author.process} builds ${change.path} although ${fresh.id} is fresh and nobody has asked`;
    world.chronicle.fail('nothing is built twice', detail);
  },
  afterChange(change, world) {
    const known = orders.get(world) ?? new Orders();
    orders.set(world, known);
    known.note(change, world.clock.monotonic());
  },
};

function isFresh(image: string, build: Json, world: World): boolean {
  const age = world.clock.now() - knownOrOldest(Number(build['state_time'] ?? 0));
  return world.recentConfigs(CONFIG_LAG).every(({ diskImages }) => {
    const config = diskImages.get(image);
    if (!config || age + world.clockTolerance >= config.rebuildAge) return false;
    return config.formats.every((format) => texts(build['formats']).includes(format));
  });
}

/** Seconds before the first try again; doubled with each failure in a row, up to an hour. */
const BASE = 10;
const LONGEST = 3600;
/** Seconds after its rest within which a build that is still due begins, other images and the next look considered. */
const PATIENCE = 120;

/** What has failed in a row, of one process and one image, or one image in one provider. */
interface Streak {
  readonly failures: number;
  readonly at: number;
  /** When the last attempt began: with the configuration of then. */
  readonly begun: number;
  readonly author: Author;
  /** What it rests on: counts no more when that has changed. */
  readonly basis: string;
}

interface Attempts {
  readonly streaks: Map<string, Streak>;
  /** When each began, by the path of its record. */
  readonly begun: Map<string, number>;
}

const attempts = new WeakMap<World, Attempts>();
const UPLOAD = /^\/nodepool\/images\/([^/]+)\/builds\/([^/]+)\/providers\/([^/]+)\/images\/\d+$/;

/** What has failed is left alone for longer and longer, and tried again then; a success makes an end of it. */
export const failuresAreSlept: Invariant = {
  beforeChange(change, world) {
    const { author } = change;
    const [, image = '', build, provider] = UPLOAD.exec(change.path) ?? BUILD.exec(change.path) ?? [];
    if (image === '') return;
    const known = attempts.get(world) ?? { streaks: new Map<string, Streak>(), begun: new Map<string, number>() };
    attempts.set(world, known);
    const all = known.streaks;
    const subject = provider === undefined ? image : `${image} ${String(build)} ${provider}`;
    if (author?.role !== 'builder') return forget(subject, all);
    const key = `${author.process} ${subject}`;
    if (change.kind === 'create') {
      known.begun.set(change.path, world.clock.monotonic());
      return checkRest(change, key, { image, provider }, all, world);
    }
    const [from, to] = [parse(change.before)?.['state'], parse(change.after)?.['state']];
    // What is the newest is another one from now on.
    if (to === 'ready' || from === 'ready') return forget(subject, all);
    if (to === 'failed' && from !== 'failed') {
      const begun = known.begun.get(change.path) ?? -Infinity;
      note(key, { author, begun, basis: basisOf(image, provider, world) }, all, world);
    }
  },
};

function forget(subject: string, all: Map<string, Streak>): void {
  for (const key of all.keys()) if (key.endsWith(` ${subject}`)) all.delete(key);
}

function note(
  key: string,
  attempt: Pick<Streak, 'author' | 'begun' | 'basis'>,
  all: Map<string, Streak>,
  world: World,
): void {
  const before = all.get(key);
  const failures = before?.basis === attempt.basis ? before.failures + 1 : 1;
  all.set(key, { ...attempt, failures, at: world.clock.monotonic() });
}

function basisOf(image: string, provider: string | undefined, { config }: World): string {
  const { diskImages, providers } = config;
  return JSON.stringify([diskImages.get(image), provider === undefined ? null : providers.get(provider)], unfold);
}

function unfold(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...(value as Map<unknown, unknown>)] : value;
}

function checkRest(
  { author, path }: TreeChange,
  key: string,
  { image, provider }: { readonly image: string; readonly provider: string | undefined },
  all: ReadonlyMap<string, Streak>,
  world: World,
): void {
  const streak = all.get(key);
  // By a wrong clock failures are in the future, and an order makes an end of the rest.
  if (!streak || !author || world.clockTolerance > 1 || (provider === undefined && isOrdered(image, world))) return;
  if (streak.basis !== basisOf(image, provider, world) || configs(world, streak.begun) > 1) return;
  const rest = Math.min(BASE * 2 ** (streak.failures - 1), LONGEST);
  const waited = world.clock.monotonic() - streak.at;
  const said = `${author.process} tries ${path} ${waited} s after failure ${streak.failures} in a row, which makes ${rest} s of rest`;
  if (waited < rest - 0.001) world.chronicle.fail('what has failed rests', said);
  const undisturbed = streak.author === author && author.absence.to < streak.at && provider === undefined;
  if (undisturbed && waited > rest + PATIENCE && isAlone(image, path, streak.at, world))
    world.chronicle.fail('what has failed is tried again', said);
}

/** Configurations since. */
function configs(world: World, since: number): number {
  return world.recentConfigs(world.clock.monotonic() - since).length;
}

/** Has nobody else built the image since? */
function isAlone(image: string, path: string, since: number, { model }: World): boolean {
  return ![...model.builds.values()].some(
    (build) => build.image === image && build.id !== path && build.changedAt > since,
  );
}
