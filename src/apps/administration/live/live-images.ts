import type { NodepoolConfig } from '../../../domain/config/config.js';
import { currentUpload } from '../../../domain/decide/current-image.js';
import type { StoredUpload } from '../../../domain/model/image.js';
import type { LiveImage, LiveUpload } from '../../../domain/presentation/live.js';
import type { Records } from '../../../ports/records/records.js';

const MOST_IMAGES = 200;
const MOST_BUILDS = 2;
const MOST_PROBLEMS = 5;

/** Every image of the store and of the configuration, from its builds to its uploads. */
export function liveImages(
  { images, builders }: Pick<Records, 'images' | 'builders'>,
  config: NodepoolConfig,
): readonly LiveImage[] {
  const { view } = images;
  const names = [...new Set([...view.images(), ...config.diskImages.keys()])].sort().slice(0, MOST_IMAGES);
  const problems = builders.view.problems();
  return names.map((image) => ({
    image,
    paused: view.paused(image) || config.diskImages.get(image)?.pause === true,
    buildOrdered: view.buildRequested(image) ?? null,
    builds: [...view.builds(image)]
      .sort((a, b) => b.value.stateTime - a.value.stateTime)
      .slice(0, MOST_BUILDS)
      .map(({ build, value }) => ({
        build,
        state: value.state,
        since: value.stateTime,
        builder: value.builder,
        formats: value.formats,
      })),
    providers: providersOf(image, config, view.uploads({ image })),
    problems: problems
      .filter((problem) => problem.image === image)
      .slice(0, MOST_PROBLEMS)
      .map(({ provider, builder, problem, failures, nextTry }) => ({ provider, builder, problem, failures, nextTry })),
  }));
}

function providersOf(image: string, config: NodepoolConfig, uploads: readonly StoredUpload[]): readonly LiveUpload[] {
  const wanted = [...config.providers.values()]
    .filter(({ diskImages }) => diskImages.has(image))
    .map(({ name }) => name);
  const names = [...new Set([...wanted, ...uploads.map(({ provider }) => provider)])].sort();
  return names.map((provider) => {
    const own = uploads.filter((upload) => upload.provider === provider);
    const newest = own.reduce<StoredUpload | undefined>(
      (best, upload) => (best && best.value.stateTime > upload.value.stateTime ? best : upload),
      undefined,
    );
    return {
      provider,
      state: newest?.value.state ?? 'missing',
      since: newest?.value.stateTime ?? null,
      build: newest?.build ?? null,
      inUse: currentUpload(own, provider)?.build ?? null,
    };
  });
}
