import type { ProviderConfig } from '../../../src/domain/config/config.js';
import type { ImageReason } from '../../../src/domain/explain/image-reason.js';
import type { LabelReason } from '../../../src/domain/explain/label-reason.js';
import { text } from '../kernel/tree-model.js';
import { isKnown, problemUnless, somewhere } from './facts.js';
import type { Facts, Judges } from './facts.js';

/** What builders say of images, and launchers of labels. */
export const IMAGE_JUDGES: Judges<(ImageReason | LabelReason)['code']> = {
  MIN_READY_MET: ({ label, ready, wanted }, facts) =>
    problemUnless(ready >= wanted && wants(label, wanted, facts), 'that is not enough'),
  MIN_READY_UNDERWAY: ({ label, ready, wanted }, facts) =>
    problemUnless(ready < wanted && wants(label, wanted, facts), 'nothing is missing'),
  MIN_READY_BACKOFF: ({ missing }) => problemUnless(missing > 0, 'nothing is missing'),
  NOT_ELECTED: ({ label }, { id }) => problemUnless(label === id, 'that is another label'),
  LABEL_NOT_OFFERED: ({ label }, facts) =>
    problemUnless(
      somewhere(facts, ({ providers }) => isLacking(label, [...providers.values()], facts)),
      'every provider offers it',
    ),
  IMAGE_PAUSED: () => 'nobody pauses an image in these worlds',
  NO_FORMATS: () => 'every image has a format in these worlds',
  NO_READY_BUILD: ({ image }, facts) => {
    const ready = [...facts.world.model.builds.values()].find(
      (build) => build.image === image && build.state === 'ready' && isKnown(facts, build),
    );
    return ready ? `${ready.id} is ready` : null;
  },
  BUILD_FRESH: ({ age, rebuildAge }, facts) =>
    problemUnless(age < rebuildAge && isRebuildAge(rebuildAge, facts), 'it is old'),
  BUILD_OLD: ({ age, rebuildAge }, facts) =>
    problemUnless(age >= rebuildAge && isRebuildAge(rebuildAge, facts), 'it is fresh'),
  BUILD_REQUESTED: ({ image }, { id }) => problemUnless(image === id, 'that is another image'),
  FORMAT_MISSING: ({ image, build, formats }, { world }) => {
    const record = world.model.builds.get(`/nodepool/images/${image}/builds/${build}`);
    const there = (text(record?.json?.['formats']) ?? '').split(',');
    return problemUnless(
      formats.some((format) => !there.includes(format)),
      'the build has them',
    );
  },
  IN_PROGRESS: ({ subject }, { id }) => problemUnless(subject.includes(id), 'that is another image'),
  BACKOFF: ({ failures, problem }) => problemUnless(failures >= 1 && problem !== '', 'nothing has failed'),
  DISK_FULL: ({ free, need }) => problemUnless(free < need, 'there is room'),
  PROVIDER_PAUSED: () => 'nobody pauses an image in these worlds',
  NO_LOCAL_FILES: ({ image }, { id }) => problemUnless(image === id, 'that is another image'),
  UPLOAD_EXISTS: ({ provider, build }, facts) => {
    const found = uploads(provider, build, facts);
    return found.length > 0 && found.every((upload) => upload.state !== 'ready' && isKnown(facts, upload))
      ? 'none is ready'
      : null;
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
  SUPERSEDED: ({ kept }) => problemUnless(kept.length > 0, 'nothing took its place'),
  FAILED_BEFORE: () => null,
  DELETION_ORDERED: () => null,
  MAKER_GONE: () => null,
  NO_RECORD: () => null,
  UPLOADED_EVERYWHERE: ({ format }) => problemUnless(format !== '', 'it does not say which format'),
};

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

function isRebuildAge(rebuildAge: number, facts: Facts): boolean {
  return somewhere(facts, ({ diskImages }) =>
    [...diskImages.values()].some((image) => image.rebuildAge === rebuildAge),
  );
}
