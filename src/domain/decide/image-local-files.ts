/** Which files of a builder's directory may go (spec BUILDER 2.10.5, 2.10.6). */
import type { RetentionReason } from '../explain/image-reason.js';
import type { BuildKey, StoredBuild, StoredUpload } from '../model/image.js';
import type { DiskImageConfig, ProviderConfig } from '../config/config.js';

/** A build of which there is any trace in the directory. */
export interface LocalBuild extends BuildKey {
  /** Formats whose image file is there. */
  readonly formats: readonly string[];
  /** Never touched: it is being built here now, or its record cannot be read. */
  readonly untouchable: boolean;
}

export interface LocalFilesInput {
  readonly builds: readonly StoredBuild[];
  readonly uploads: readonly StoredUpload[];
  readonly configured: ReadonlyMap<string, DiskImageConfig>;
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  readonly local: readonly LocalBuild[];
}

export type LocalFileAction =
  | { readonly do: 'remove-files'; readonly key: BuildKey; readonly because: RetentionReason }
  | {
      readonly do: 'remove-format';
      readonly key: BuildKey;
      readonly format: string;
      readonly because: RetentionReason;
    };

export function planLocalFiles(input: LocalFilesInput): readonly LocalFileAction[] {
  return input.local.filter((local) => !local.untouchable).flatMap((local) => planLocalBuild(input, local));
}

function planLocalBuild(input: LocalFilesInput, local: LocalBuild): readonly LocalFileAction[] {
  const key = { image: local.image, build: local.build };
  const record = input.builds.find((build) => build.image === local.image && build.build === local.build);
  if (!record) return [{ do: 'remove-files', key, because: { code: 'NO_RECORD' } }];
  if (record.value.state === 'deleting') return [{ do: 'remove-files', key, because: { code: 'DELETION_ORDERED' } }];
  if (record.value.state !== 'ready') return [];
  return local.formats
    .filter((format) => uploadedEverywhere(input, key, format))
    .map((format) => ({ do: 'remove-format', key, format, because: { code: 'UPLOADED_EVERYWHERE', format } }));
}

/**
 * `delete-after-upload`: every provider that takes the image in this format has a ready upload. A format that nobody takes goes when all
 * who take the image have theirs. There is at least one that takes it.
 */
function uploadedEverywhere(input: LocalFilesInput, key: BuildKey, format: string): boolean {
  const image = input.configured.get(key.image);
  if (!image?.deleteAfterUpload || image.keepFormats.includes(format)) return false;
  const all = [...input.providers.values()].filter(
    (provider) => provider.managesImages && provider.diskImages.has(key.image),
  );
  const ofFormat = all.filter((provider) => provider.imageFormat === format);
  const takers = ofFormat.length > 0 ? ofFormat : all;
  const isReady = (provider: string): boolean =>
    input.uploads.some(
      ({ image: name, build, provider: at, value }) =>
        name === key.image && build === key.build && at === provider && value.state === 'ready',
    );
  return takers.length > 0 && takers.every((provider) => isReady(provider.name));
}
