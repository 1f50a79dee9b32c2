import { isForeign } from '../../domain/decide/installation.js';
import type { BuildKey, UploadKey } from '../../domain/model/image.js';
import type { CloudImage, ImageProvider } from '../../ports/compute/images.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { withDeadline } from '../../ports/runtime/deadline.js';
import { storeUsable } from './services.js';
import type { BuilderContext } from './services.js';

/** Seconds for a list or a deletion in a cloud. */
const CLOUD_TIMEOUT = 120;
/** An upload cut off may show up in the cloud a little later: look more than once. */
const LOOKS = 2;
/** Remembered uploads at most; what is forgotten is found by a patrol, or shows in `alien-image-list`. */
const REMEMBERED = 1000;
/** An upload, or without an id all uploads of a build to a provider. */
interface Suspect {
  readonly build: string;
  readonly provider: string;
  readonly upload: string | undefined;
  looksLeft: number;
}

/** Only these build ids are unique in the world; ten-digit ones repeat from image to image. */
const UNIQUE_BUILD_ID = /^[0-9a-f]{32}$/;

/**
 * Images in the clouds that uploads left behind and that no record accounts for, found by the metadata every upload carries:
 * - *suspects*, uploads whose record was removed here without an external id, and all of a build that was removed here: deleted when
 *   seen;
 * - whatever else claims to be an upload of a build that we have a record of, whose own record is gone (its remover crashed before it
 *   could look): deleted when seen twice.
 * Images of other builds without a record stay: they may be somebody else's, or ours after the loss of all records.
 */
export class CloudLeftovers {
  private readonly suspects = new Map<string, Suspect>();
  /** External ids of unaccounted images at the last look, by provider. */
  private readonly seen = new Map<string, ReadonlySet<string>>();

  constructor(private readonly context: Pick<BuilderContext, 'clock' | 'logger' | 'records'>) {}

  /** To be called before the record is removed: a removal that is not answered may have taken effect. What has a record is left alone. */
  suspect({ build, provider, upload }: UploadKey): void {
    this.add({ build, provider, upload, looksLeft: LOOKS });
  }

  /** To be called before the record of the build is removed: once it is gone, no patrol finds what uploads of it have left. */
  suspectBuild({ build }: BuildKey, providers: readonly string[]): void {
    for (const provider of providers) this.add({ build, provider, upload: undefined, looksLeft: LOOKS });
  }

  private add(suspect: Suspect): void {
    if (!UNIQUE_BUILD_ID.test(suspect.build) || this.suspects.size >= REMEMBERED) return;
    this.suspects.set(JSON.stringify([suspect.build, suspect.provider, suspect.upload]), suspect);
  }

  /** Providers to look at soon: there are suspects, or something was seen for the first time. */
  providers(): readonly string[] {
    const suspected = [...this.suspects.values()].map((suspect) => suspect.provider);
    return [...new Set([...suspected, ...this.seen.keys()])].sort();
  }

  /** Looks through the images of one provider. A failing cloud leaves everything for the next time. */
  async sweep(provider: string, images: ImageProvider, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.context;
    try {
      const what = `listing images of ${provider}`;
      const all = await withDeadline(clock, CLOUD_TIMEOUT, what, signal, (inner) => images.list(inner));
      if (!storeUsable(this.context)) return;
      const unaccounted = all.filter((image) => this.unaccounted(image, provider));
      for (const image of unaccounted) {
        if (this.isSuspect(image, provider) || this.seen.get(provider)?.has(image.externalId)) {
          await this.remove(image, provider, images, signal);
        }
      }
      this.remember(provider, unaccounted);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn('Leftovers of uploads could not be looked for', { provider, ...errorFields(error) });
    }
  }

  private async remove(image: CloudImage, provider: string, images: ImageProvider, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.context;
    const { externalId, properties } = image;
    const { nodepool_build_id: build, nodepool_upload_id: upload } = properties;
    logger.info('Deleting what an upload left behind', { provider, externalId, build, upload });
    await withDeadline(clock, CLOUD_TIMEOUT, `deleting image ${externalId}`, signal, (inner) =>
      images.remove(externalId, inner),
    );
  }

  private remember(provider: string, unaccounted: readonly CloudImage[]): void {
    for (const [text, suspect] of [...this.suspects]) {
      if (suspect.provider !== provider) continue;
      suspect.looksLeft -= 1;
      if (suspect.looksLeft <= 0) this.suspects.delete(text);
    }
    const before = this.seen.get(provider);
    const fresh = unaccounted.map((image) => image.externalId).filter((id) => !before?.has(id));
    if (fresh.length > 0) this.seen.set(provider, new Set(fresh));
    else this.seen.delete(provider);
  }

  /** An upload of a build we know or have removed, to this provider, of which there is no record (any more). */
  private unaccounted(image: CloudImage, provider: string): boolean {
    const { images, installation } = this.context.records;
    const { view } = images;
    const { externalId, properties } = image;
    if (isForeign(properties, installation.id)) return false;
    const build = properties['nodepool_build_id'] ?? '';
    const upload = properties['nodepool_upload_id'];
    if (!UNIQUE_BUILD_ID.test(build) || upload === undefined) return false;
    const records = view.uploads({ build });
    if (records.some((record) => record.provider === provider && record.upload === upload)) return false;
    if (records.some(({ value }) => value.externalId === externalId)) return false;
    // What cannot be read may be its record.
    if (view.damaged().some(({ path }) => path.includes(`/${build}`))) return false;
    if (this.isSuspect(image, provider)) return true;
    return properties['nodepool_provider_name'] === provider && view.builds().some((known) => known.build === build);
  }

  private isSuspect({ properties }: CloudImage, provider: string): boolean {
    const { nodepool_build_id: build, nodepool_upload_id: upload, nodepool_provider_name: named } = properties;
    if (named !== undefined && named !== provider) return false;
    return [...this.suspects.values()].some(
      (suspect) =>
        suspect.provider === provider &&
        suspect.build === build &&
        (suspect.upload === undefined || suspect.upload === upload),
    );
  }
}
