import type { CloudImage, ImageProvider, ImageUploadSpec } from '../../ports/compute/images.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { diskSizeOf } from './image-header.js';
import { imageOfVolume, imageVolumeName, ownerMark } from './names.js';
import { toProviderError } from './provider-failure.js';
import type { LibvirtContext } from './libvirt-context.js';
import { ownerOf } from './libvirt-context.js';

const UNDO = 60;

/** Images are volumes of the storage pool, whose names say what they are of and whose (docs/spec/libvirt.md). */
export class LibvirtImages implements ImageProvider {
  constructor(private readonly started: () => LibvirtContext) {}

  async upload(spec: ImageUploadSpec, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    return translated(signal, async () => {
      const context = this.started();
      const bytes = await sizeOf(spec, signal);
      const { properties, name, format } = spec;
      const volume = imageVolumeName(ownerOf(context, properties['nodepool_installation_id'] ?? ''), {
        name,
        format,
        build: properties['nodepool_build_id'] ?? '',
        upload: properties['nodepool_upload_id'] ?? '',
      });
      try {
        await store(context, volume, bytes, spec, signal);
      } catch (error) {
        await takeBack(context, volume);
        throw error;
      }
      return volume;
    });
  }

  async remove(externalId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // What is called otherwise is no upload of any Nodepool.
    if (!imageOfVolume(externalId)) return;
    await translated(signal, async () => {
      const { storage, domains } = this.started();
      const path = await storage.pathOf(externalId, signal);
      const all = await domains.list(signal);
      const users = all.filter(({ facts }) => facts.record?.image === externalId || facts.files.includes(path));
      if (users.length > 0) {
        const names = users.slice(0, 3).map(({ facts }) => facts.name);
        const words = `image ${externalId} is in use by ${users.length} machines (${names.join(', ')}); it waits for them`;
        throw new ProviderError('transient', words);
      }
      await storage.remove(externalId, signal);
    });
  }

  async list(signal: AbortSignal): Promise<readonly CloudImage[]> {
    signal.throwIfAborted();
    return translated(signal, async () => {
      const context = this.started();
      const volumes = await context.storage.volumes(signal);
      return volumes.flatMap(({ name }) => {
        const image = this.imageOf(context, name);
        return image ? [image] : [];
      });
    });
  }

  /** Undefined for images of other providers and installations. */
  private imageOf(context: LibvirtContext, volume: string): CloudImage | undefined {
    const image = imageOfVolume(volume);
    if (!image) return undefined;
    const owner = ownerOf(context);
    const named = { nodepool_build_id: image.build, nodepool_upload_id: image.upload };
    if (image.mark === ownerMark(owner)) {
      const marked = owner.installation === '' ? {} : { nodepool_installation_id: owner.installation };
      const properties = { ...named, nodepool_provider_name: owner.provider, ...marked };
      return { externalId: volume, name: image.name, properties };
    }
    // Who knows no installation, as commands do, cannot tell: the build's id, which is unique, has the say.
    return owner.installation === '' ? { externalId: volume, name: image.name, properties: named } : undefined;
  }
}

async function sizeOf({ file, format }: ImageUploadSpec, signal: AbortSignal): Promise<number> {
  try {
    return await diskSizeOf(file, format);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ProviderError) throw error;
    throw new ProviderError('transient', `The image file ${file} cannot be read`, { cause: error });
  }
}

async function store(
  { storage, config, host, driverContext }: LibvirtContext,
  volume: string,
  bytes: number,
  { file, format, name }: ImageUploadSpec,
  signal: AbortSignal,
): Promise<void> {
  const limit = config.imageUploadTimeout;
  await withDeadline(driverContext.clock, limit + 1, `uploading ${name}`, signal, async (inner) => {
    await storage.create(volume, bytes, format, inner);
    // The test hypervisor has volumes without any content.
    if (!host.isTest) await storage.stream(volume, file, inner, limit);
    const stored = await storage.volume(volume, inner);
    if (stored?.capacity === bytes) return;
    throw new ProviderError(
      'transient',
      `volume ${volume} is not what was uploaded: ${stored?.capacity ?? 0} of ${bytes} bytes`,
    );
  });
}

/** Never rejects: what stays is found by its name later. */
async function takeBack({ storage, driverContext }: LibvirtContext, volume: string): Promise<void> {
  const never = new AbortController().signal;
  try {
    await withDeadline(driverContext.clock, UNDO, `taking back ${volume}`, never, (inner) =>
      storage.remove(volume, inner),
    );
  } catch (error) {
    driverContext.logger.warn('A broken upload could not be taken back', { volume, ...errorFields(error) });
  }
}

async function translated<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw toProviderError(error);
  }
}
