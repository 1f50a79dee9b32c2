import type { NodepoolConfig } from '../../domain/config/config.js';
import type { BuildKey, UploadKey } from '../../domain/model/image.js';
import { nearestWord } from '../../domain/presentation/nearest-word.js';
import type { ImageCommands, Outcome } from '../../ports/administration/commands.js';
import {
  BuildNameError,
  ImageNameError,
  ImageNotBuildableError,
  ImagePausedError,
  ImageUnknownError,
} from '../../ports/administration/errors.js';
import { VersionConflictError } from '../../ports/coordination/errors.js';
import type { ImageRecords } from '../../ports/records/images.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import { LOCK } from './image-paths.js';
import { isRecordName } from './record-name.js';

/** How often an order is tried again when a builder writes the same record at the same moment. */
const ATTEMPTS = 5;

const DONE: Outcome = { kind: 'done' };

/**
 * Builds and uploads are marked without their locks, as all releases of the original do: a builder may hold them for hours,
 * and the conditional write is what keeps two writers apart. States only ever proceed towards `deleting`.
 */
export class ImageOrders implements ImageCommands {
  constructor(
    private readonly images: ImageRecords,
    private readonly config: () => NodepoolConfig,
  ) {}

  async build(image: string): Promise<void> {
    const configured = this.config().diskImages.get(image);
    if (!configured) throw new ImageNotBuildableError(image);
    if (configured.pause) throw new ImagePausedError(image);
    await this.images.orders.requestBuild(image);
  }

  async deleteUpload(upload: UploadKey): Promise<Outcome> {
    const notFound: Outcome = { kind: 'refused', code: 'UPLOAD_NOT_FOUND', message: 'Image upload not found' };
    if (![upload.image, upload.build, upload.provider, upload.upload].every(isName)) return notFound;
    return againOnConflict(async () => {
      const found = await this.images.uploads.read(upload);
      if (!found) return notFound;
      if (found.state === 'uploading') {
        return {
          kind: 'refused',
          code: 'UPLOAD_IN_PROGRESS',
          message: 'Cannot delete because image upload in progress',
        };
      }
      return goneAs(notFound, async () => {
        if (found.state !== 'deleting') await this.images.uploads.update(upload, { state: 'deleting' });
      });
    });
  }

  async deleteBuild(id: string): Promise<Outcome> {
    const key = parseBuildName(id);
    const notFound: Outcome = { kind: 'refused', code: 'BUILD_NOT_FOUND', message: `Build ${id} not found` };
    if (![key.image, key.build].every(isName)) return notFound;
    return againOnConflict(async () => {
      const found = await this.images.builds.read(key);
      if (!found) return notFound;
      if (found.state === 'building') {
        return { kind: 'refused', code: 'BUILD_IN_PROGRESS', message: 'Cannot delete a build in progress' };
      }
      return goneAs(notFound, async () => {
        if (found.state !== 'deleting') await this.images.builds.update(key, { state: 'deleting' });
      });
    });
  }

  async pause(image: string): Promise<void> {
    this.requireKnown(image);
    await this.images.orders.pause(image);
  }

  async unpause(image: string): Promise<void> {
    this.requireKnown(image);
    await this.images.orders.unpause(image);
  }

  /** A pause makes a record of the image: a mistyped name would stay in every list. */
  private requireKnown(image: string): void {
    if (!isName(image)) throw new ImageNameError(image);
    const known = [...this.config().diskImages.keys(), ...this.images.view.images()];
    if (!known.includes(image)) throw new ImageUnknownError(image, nearestWord(image, known));
  }
}

/** Image names may contain dashes, build ids do not (spec BUILDER 3.3). */
function parseBuildName(id: string): BuildKey {
  const dash = id.lastIndexOf('-');
  if (dash < 0) throw new BuildNameError(id);
  return { image: id.slice(0, dash), build: id.slice(dash + 1) };
}

/** `lock` is a folder beside the builds and uploads. */
function isName(text: string): boolean {
  return text !== LOCK && isRecordName(text);
}

async function goneAs(gone: Outcome, act: () => Promise<void>): Promise<Outcome> {
  try {
    await act();
    return DONE;
  } catch (error: unknown) {
    if (error instanceof RecordGoneError) return gone;
    throw error;
  }
}

async function againOnConflict(act: () => Promise<Outcome>): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error: unknown) {
      if (!(error instanceof VersionConflictError) || attempt >= ATTEMPTS) throw error;
    }
  }
}
