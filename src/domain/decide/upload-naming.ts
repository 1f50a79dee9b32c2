/** The name and the properties an image gets in the cloud (spec BUILDER 2.9.2). */
import type { DiskImageConfig, ProviderImageConfig } from '../config/config.js';
import { installationMark } from './installation.js';
import type { UploadKey } from '../model/image.js';

/** `image-name-format` names a field that does not exist, or has an unpaired brace. */
export class ImageNameFormatError extends Error {
  readonly code = 'NP_IMAGE_NAME_FORMAT';
  override readonly name = 'ImageNameFormatError';
}

/** Fills `{image_name}`, `{timestamp}` (whole seconds), `{upload_id}` and `{build_id}`; `{{` and `}}` stand for braces. @throws ImageNameFormatError */
export function cloudImageName(format: string, key: UploadKey, startedAt: number): string {
  const fields: Readonly<Record<string, string>> = {
    image_name: key.image,
    timestamp: String(Math.floor(startedAt)),
    upload_id: key.upload,
    build_id: key.build,
  };
  return format.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found: string, field: string | undefined) => {
    if (found === '{{' || found === '}}') return found.charAt(0);
    const value = field === undefined ? undefined : fields[field];
    if (value === undefined)
      throw new ImageNameFormatError(`image-name-format: cannot understand ${found} in ${format}`);
    return value;
  });
}

/** The diskimage's metadata, overlaid by the provider's `meta`, overlaid by our own keys, which mark the image as ours. */
export function cloudImageProperties(
  image: Pick<DiskImageConfig, 'metadata'>,
  inProvider: Pick<ProviderImageConfig, 'meta'>,
  key: UploadKey,
  installation: string | null,
): Readonly<Record<string, string>> {
  return {
    ...image.metadata,
    ...inProvider.meta,
    nodepool_build_id: key.build,
    nodepool_upload_id: key.upload,
    nodepool_provider_name: key.provider,
    ...installationMark(installation),
  };
}
