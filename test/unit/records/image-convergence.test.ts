import { describe, expect, test } from 'vitest';
import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { TreeRecords } from '../../../src/adapters/records/tree-records.js';
import type { ImageBuild, ImageUpload } from '../../../src/domain/model/image.js';

const STEPS = 120;

interface Member {
  readonly store: MemoryTreeStore;
  readonly records: TreeRecords;
}

const COMMON = { stateTime: 5, username: 'zuul', pythonPath: 'auto', shellType: null, extra: {} };
const BUILD: ImageBuild = { ...COMMON, state: 'building', builder: 'h', builderId: 'b', formats: [] };
const UPLOAD: ImageUpload = { ...COMMON, state: 'uploading', externalId: null, externalName: null, format: null };

function join(tree: MemoryTree, clock: VirtualClock, seed: number): Member {
  const store = new MemoryTreeStore(tree, { clock });
  const random = new SeededRandom(seed);
  const leases = new KazooLeases(store, { clock, random });
  const host = { hostname: 'h', pid: seed };
  return { store, records: new TreeRecords({ store, leases, clock, random, host, logger: new MemoryLogger() }) };
}

function step(members: readonly Member[], random: SeededRandom): Promise<unknown> {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random.next() * choices.length)]!;
  const { store, records } = pick(members);
  const { builds, uploads, orders, view } = records.images;
  const image = pick(['one', 'two']);
  const key = { image, build: pick(['a', 'b', 'c']) };
  const place = { ...key, provider: pick(['p', 'q']) };
  const upload = view.uploads().length > 0 ? pick(view.uploads()) : undefined;
  const doings: readonly (() => Promise<unknown>)[] = [
    async () => store.expireSession(),
    async () => store.loseConnection(),
    async () => members.forEach((member) => member.store.restoreConnection()),
    async () => store.loseNextReply(pick(['create', 'write', 'remove', 'list', 'read'] as const)),
    () => builds.create(key, BUILD),
    () => builds.create(key, BUILD),
    () => builds.update(key, { state: pick(['ready', 'failed', 'deleting'] as const) }),
    () => builds.remove(key),
    () => builds.removeEmptyImage(image),
    () => uploads.create(place, UPLOAD),
    () => uploads.create(place, UPLOAD),
    async () => upload && uploads.update(upload, { state: 'ready', externalId: String(random.next()) }),
    async () => upload && uploads.remove(upload),
    () => orders.requestBuild(image),
    () => orders.removeBuildRequest(image),
    () => orders.pause(image),
    () => orders.unpause(image),
    () => uploads.eraseProvider('q'),
  ];
  return pick(doings)();
}

function shown({ records }: Member): unknown {
  const { view } = records.images;
  const images = view.images();
  const orders = images.map((image) => [image, view.paused(image), view.buildRequested(image) !== undefined]);
  return { images, orders, builds: view.builds(), uploads: view.uploads(), complete: view.complete };
}

async function run(seed: number): Promise<void> {
  const clock = new VirtualClock();
  const tree = new MemoryTree(clock);
  const random = new SeededRandom(seed);
  const members = [1, 2, 3].map((index) => join(tree, clock, seed * 10 + index));
  await Promise.all(members.map(({ records }) => records.open(['images'])));
  const doings: Promise<unknown>[] = [];
  for (let count = 0; count < STEPS; count++) {
    doings.push(step(members, random).catch(() => undefined));
    const pause = random.next();
    if (pause < 0.4) await clock.settle();
    else if (pause < 0.6) await clock.advance(random.next() * 3);
  }
  for (const { store } of members) store.restoreConnection();
  await Promise.all(doings);
  await clock.advance(20);

  const fresh = join(tree, clock, 1);
  await fresh.records.open(['images']);
  for (const member of members) expect(shown(member)).toEqual(shown(fresh));
  await Promise.all([fresh, ...members].map(({ records }) => records.close()));
  await Promise.all([fresh, ...members].map(({ store }) => store.close()));
}

describe('whatever happens, every mirror of the images shows what one shows that was opened afterwards', () => {
  const from = Number(process.env['SEED'] ?? 1);
  const count = Number(process.env['SEEDS'] ?? 25);
  test.each(Array.from({ length: count }, (_, index) => from + index))('seed %i', (seed) => run(seed));
});
