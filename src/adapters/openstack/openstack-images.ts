import { ProviderError } from '../../ports/compute/errors.js';
import type { CloudImage, ImageProvider, ImageUploadSpec } from '../../ports/compute/images.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import type { CloudSession } from './cloud-session.js';
import { toProviderError } from './client/classify-error.js';
import type { GlanceImage } from './glance-images.js';
import { deleteImage, getImage, listImages } from './glance-images.js';
import type { Checksums } from './image-file.js';
import { fileChecksums } from './image-file.js';
import { MD5_PROPERTY, OBJECT_PROPERTY, SHA256_PROPERTY, imageProperties } from './image-properties.js';
import { putImage } from './image-put.js';
import { importImage, removeObject } from './image-task.js';

/** The image store of a provider: Glance (spec BUILDER 6.9, 6.10). */
export class OpenStackImages implements ImageProvider {
  constructor(private readonly session: () => CloudSession) {}

  async upload(spec: ImageUploadSpec, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const session = this.session();
    const { imageUploadTimeout: limit } = session.config;
    return this.translated(() =>
      withDeadline(session.context.clock, limit, `uploading ${spec.name}`, signal, async (inner) => {
        const checksums = await checksumsOf(spec, inner);
        const same = await this.existing(session, spec, checksums, inner);
        if (same) return same.id;
        const properties = imageProperties(spec, checksums, session.access);
        return session.access.imageApiUseTasks
          ? importImage(session, spec, properties, inner)
          : putImage(session, spec, properties, checksums, inner);
      }),
    );
  }

  async remove(externalId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const session = this.session();
    const { client } = session;
    await this.translated(async () => {
      const object = session.access.imageApiUseTasks
        ? (await getImage(client, externalId, signal))?.properties[OBJECT_PROPERTY]
        : undefined;
      await deleteImage(client, externalId, signal);
      session.images.drop();
      if (object) await removeObject(client, object, signal);
    });
  }

  async list(signal: AbortSignal): Promise<readonly CloudImage[]> {
    signal.throwIfAborted();
    const images = await this.translated(() => listImages(this.session().client, {}, signal));
    return images.map(({ id, name, properties }) => ({ externalId: id, name, properties }));
  }

  /** An image that is the same in every respect: left by an upload whose end nobody saw. */
  private async existing(
    { client }: CloudSession,
    spec: ImageUploadSpec,
    checksums: Checksums,
    signal: AbortSignal,
  ): Promise<GlanceImage | undefined> {
    const images = await listImages(client, { name: spec.name }, signal);
    const wanted = Object.entries({
      ...spec.properties,
      [MD5_PROPERTY]: checksums.md5,
      [SHA256_PROPERTY]: checksums.sha256,
    });
    return images.find(
      ({ name, status, properties }) =>
        name === spec.name && status === 'active' && wanted.every(([key, value]) => properties[key] === value),
    );
  }

  private async translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toProviderError(error);
    }
  }
}

/** Those of the build; what is missing is computed from the file. */
async function checksumsOf({ md5, sha256, file }: ImageUploadSpec, signal: AbortSignal): Promise<Checksums> {
  if (md5 !== null && sha256 !== null) return { md5, sha256 };
  try {
    const computed = await fileChecksums(file, signal);
    return { md5: md5 ?? computed.md5, sha256: sha256 ?? computed.sha256 };
  } catch (error) {
    signal.throwIfAborted();
    throw new ProviderError('transient', `The image file ${file} cannot be read`, { cause: error });
  }
}
