import type { ProviderConfig } from '../../../src/domain/config/config.js';
import type { ImageReason } from '../../../src/domain/explain/image-reason.js';
import type { LabelReason } from '../../../src/domain/explain/label-reason.js';
import { knownOrOldest } from '../../../src/domain/model/moment.js';
import { diskOf } from '../actors/observed-disk.js';
import { isOrdered } from '../invariants/build-due-rules.js';
import type { ModelRecord } from '../kernel/tree-model.js';
import { text, texts } from '../kernel/tree-model.js';
import { HEARD, isKnown, problemUnless, somewhere } from './facts.js';
import type { Facts, Judges } from './facts.js';
import { memoryOf } from './memory.js';

/** What builders say of images, and launchers of labels. */
export const IMAGE_JUDGES: Judges<(ImageReason | LabelReason)['code']> = {
  MIN_READY_MET: ({ label, ready, wanted }, facts) =>
    problemUnless(ready >= wanted && wants(label, wanted, facts), 'that is not enough') ??
    freeNodes(label, ready, facts),
  MIN_READY_UNDERWAY: ({ label, ready, wanted }, facts) =>
    problemUnless(ready < wanted && wants(label, wanted, facts), 'nothing is missing') ??
    freeNodes(label, ready, facts),
  MIN_READY_BACKOFF: ({ label, missing, until }, facts) => {
    const { world, process } = facts;
    if (missing <= 0) return 'nothing is missing';
    const left = until - process.clock.now();
    if (left <= 0 || left > LONGEST_REFUSAL) return `that is in ${left} s`;
    const now = world.clock.monotonic();
    return problemUnless(
      memoryOf(world).lately(`min-ready refused ${label}`, now, LONGEST_REFUSAL + HEARD),
      'nobody has refused a request for it',
    );
  },
  NOT_ELECTED: ({ label }, facts) => {
    if (label !== facts.id) return 'that is another label';
    return problemUnless(
      somewhere(facts, ({ labels }) => labels.has(label)),
      'there is no such label',
    );
  },
  LABEL_NOT_OFFERED: ({ label }, facts) =>
    problemUnless(
      somewhere(facts, ({ providers }) => isLacking(label, [...providers.values()], facts)),
      'every provider offers it',
    ),
  IMAGE_PAUSED: ({ image, by }, facts) =>
    problemUnless(
      by === 'operator'
        ? facts.world.tree.stat(`/nodepool/images/${image}/pause`) !== undefined
        : somewhere(facts, ({ diskImages }) => diskImages.get(image)?.pause === true),
      'nobody pauses it',
    ),
  NO_FORMATS: ({ image }, facts) =>
    problemUnless(
      somewhere(facts, ({ diskImages }) => diskImages.get(image)?.formats.length === 0),
      'it has formats',
    ),
  NO_READY_BUILD: ({ image }, facts) => {
    const ready = [...facts.world.model.builds.values()].find(
      (build) => build.image === image && build.state === 'ready' && isKnown(facts, build),
    );
    return ready ? `${ready.id} is ready` : null;
  },
  BUILD_FRESH: (reason, facts) => problemUnless(reason.age < reason.rebuildAge, 'it is old') ?? ageOf(reason, facts),
  BUILD_OLD: (reason, facts) => problemUnless(reason.age >= reason.rebuildAge, 'it is fresh') ?? ageOf(reason, facts),
  BUILD_REQUESTED: ({ image }, { id, world }) =>
    problemUnless(image === id && isOrdered(image, world), 'nobody has ordered it'),
  FORMAT_MISSING: ({ image, build, formats }, { world }) => {
    const record = world.model.builds.get(`/nodepool/images/${image}/builds/${build}`);
    const there = (text(record?.json?.['formats']) ?? '').split(',');
    return problemUnless(
      formats.some((format) => !there.includes(format)),
      'the build has them',
    );
  },
  IN_PROGRESS: ({ subject }, { id, world }) => {
    if (!subject.includes(id)) return 'that is another image';
    const now = world.clock.monotonic();
    return problemUnless(
      memoryOf(world).lately(`lock /nodepool/images/${id}/builds`, now, 2 * HEARD) ||
        world.imageLocks.has(`/nodepool/images/${id}/builds`),
      'nobody is at it',
    );
  },
  BACKOFF: ({ subject, failures, problem, until }, facts) => {
    const { world, process, id } = facts;
    if (failures < 1 || problem === '' || !subject.startsWith(id)) return 'nothing has failed';
    const left = until - process.clock.now();
    const most = Math.min(FIRST_REST * 2 ** (failures - 1), LONGEST_REST);
    if (left > most + world.clockTolerance || left < -world.clockTolerance) return `that is in ${left} s`;
    const made = memoryOf(world).times(`${process.name} makes ${subject}`);
    return failures <= made || process.absence.to > -Infinity || isShaken(facts)
      ? null
      : `it has tried ${made} times only`;
  },
  DISK_FULL: ({ free, need }, { world, process }) => {
    const real = diskOf(process, world)?.free ?? Infinity;
    return problemUnless(free < need && real < need, 'there is room');
  },
  PROVIDER_PAUSED: ({ provider, image }, facts) =>
    problemUnless(
      somewhere(facts, ({ providers }) => providers.get(provider)?.diskImages.get(image)?.pause === true),
      'nobody pauses it there',
    ),
  NO_LOCAL_FILES: ({ image, build }, { id, world, process, decider }) => {
    if (image !== id) return 'that is another image';
    const format = world.config.providers.get(decider)?.imageFormat;
    const there =
      diskOf(process, world)
        ?.names('/images')
        .includes(`${image}-${build}.${String(format)}`) === true;
    return there ? 'its file is there' : null;
  },
  UPLOAD_EXISTS: ({ provider, build }, facts) => {
    const found = uploads(provider, build, facts);
    const now = facts.world.clock.monotonic();
    if (found.some((upload) => upload.state === 'ready' || !isKnown(facts, upload))) return null;
    return memoryOf(facts.world).lately(`upload gone ${provider} ${build}`, now) ? null : 'none is ready';
  },
  UPLOAD_MISSING: ({ provider, build }, facts) => {
    const ready = uploads(provider, build, facts).find((upload) => upload.state === 'ready' && isKnown(facts, upload));
    return ready ? `${ready.id} is ready` : null;
  },
  IMAGE_NOT_CONFIGURED: ({ image }, facts) =>
    problemUnless(
      somewhere(facts, ({ diskImages }) => !diskImages.has(image)),
      'it is configured',
    ),
  IMAGE_NOT_IN_PROVIDER: ({ image, provider }, facts) =>
    problemUnless(
      somewhere(facts, ({ providers }) => providers.get(provider)?.diskImages.has(image) !== true),
      'the provider has it',
    ),
  // Logged with what the janitor does; whoever begins to explain by them needs judges for them.
  SUPERSEDED: () => UNSAID,
  FAILED_BEFORE: () => UNSAID,
  DELETION_ORDERED: () => UNSAID,
  MAKER_GONE: () => UNSAID,
  NO_RECORD: () => UNSAID,
  UPLOADED_EVERYWHERE: () => UNSAID,
};

const UNSAID = 'nobody explains an image by that';
/** Seconds for which a label is not asked for after a refusal, at most. */
const LONGEST_REFUSAL = 60;
/** Seconds of rest after the first failure, and after many in a row. */
const FIRST_REST = 10;
const LONGEST_REST = 3600;

/** So many are free, or were a moment ago. */
function freeNodes(label: string, ready: number, facts: Facts): string | null {
  const { model } = facts.world;
  const mine = [...model.nodes.values()].filter(({ json }) => texts(json?.['type']).includes(label));
  const free = mine.filter((node) => isFree(node) || !isKnown(facts, node));
  return problemUnless(ready <= free.length, `${free.length} are free`);
}

function isFree({ state, json }: ModelRecord): boolean {
  return state === 'ready' && text(json?.['allocated_to']) === null;
}

/** Something else than a build or an upload of its own may have failed: its session, or a call. */
function isShaken({ world, process }: Facts): boolean {
  return memoryOf(world).lately(`session ${process.name}`, world.clock.monotonic(), Infinity);
}

function ageOf(
  { image, build, age, rebuildAge }: { image: string; build: string; age: number; rebuildAge: number },
  facts: Facts,
): string | null {
  const { world, process } = facts;
  if (!somewhere(facts, ({ diskImages }) => diskImages.get(image)?.rebuildAge === rebuildAge))
    return 'its rebuild-age is another';
  const record = world.model.builds.get(`/nodepool/images/${image}/builds/${build}`);
  if (!record?.json || !isKnown(facts, record)) return null;
  const real = process.clock.now() - knownOrOldest(Number(record.json['state_time'] ?? 0));
  return problemUnless(Math.abs(real - age) <= HEARD, `it is ${real} s old`);
}

/** A launcher may have some of the providers only, or the one that has left. */
function isLacking(label: string, providers: readonly ProviderConfig[], { world }: Facts): boolean {
  const all = new Set(world.configs.flatMap(({ config }) => [...config.providers.keys()]));
  const without = providers.filter(({ pools }) => [...pools.values()].every((pool) => !pool.labels.has(label)));
  return without.length > 0 || providers.length < all.size;
}

function uploads(
  provider: string,
  build: string,
  { world }: Facts,
): Facts['world']['model']['uploads'] extends Map<string, infer U> ? U[] : never {
  return [...world.model.uploads.values()].filter((upload) => upload.provider === provider && upload.build === build);
}

function wants(label: string, wanted: number, facts: Facts): boolean {
  return somewhere(facts, ({ labels }) => (labels.get(label)?.minReady ?? 0) === wanted);
}
