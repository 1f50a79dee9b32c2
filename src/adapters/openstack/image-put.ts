import { ProviderError } from '../../ports/compute/errors.js';
import type { ImageUploadSpec } from '../../ports/compute/images.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { CloudSession } from './cloud-session.js';
import type { JsonObject } from './client/api-call.js';
import { deleteImage, getImage, imagePath, listImages } from './glance-images.js';
import type { Checksums } from './image-file.js';
import { filePart, fileSize } from './image-file.js';
import { textAt } from './read-json.js';
import { mayHaveHappened } from './server-errors.js';

/** Between two checks of an image that is not active yet, seconds. */
const CHECK_INTERVAL = 2;
/** For taking a broken image back, whatever becomes of the upload meanwhile. */
const UNDO_DEADLINE = 60;

/** Makes the record of the image and streams the file into it. Answers the id; after a failure the image is deleted. */
export async function putImage(
  session: CloudSession,
  spec: ImageUploadSpec,
  properties: JsonObject,
  checksums: Checksums,
  signal: AbortSignal,
): Promise<string> {
  const length = await fileSize(spec.file);
  const id = await makeRecord(session, spec, properties, signal);
  try {
    await session.client.call(
      {
        service: 'image',
        method: 'PUT',
        path: `${imagePath(id)}/file`,
        stream: filePart(spec.file, 0, length),
        expected: [204],
        idempotent: false,
        deadline: session.config.imageUploadTimeout,
        name: 'images.file',
      },
      signal,
    );
    await untilActive(session, id, checksums, signal);
    return id;
  } catch (error) {
    await undo(session, spec, id);
    signal.throwIfAborted();
    throw error;
  }
}

async function makeRecord(
  session: CloudSession,
  spec: ImageUploadSpec,
  properties: JsonObject,
  signal: AbortSignal,
): Promise<string> {
  const { name, format } = spec;
  const fixed = { name, disk_format: format, container_format: 'bare', visibility: 'private' };
  try {
    const { json } = await session.client.call(
      {
        service: 'image',
        method: 'POST',
        path: '/images',
        json: { ...properties, ...fixed },
        expected: [201],
        idempotent: false,
      },
      signal,
    );
    return textAt(json, 'id');
  } catch (error) {
    if (signal.aborted || mayHaveHappened(error)) await undo(session, spec, null);
    signal.throwIfAborted();
    throw error;
  }
}

/** Glance may go on working on an image after it has taken it; what it has then must be what we sent. */
async function untilActive(session: CloudSession, id: string, { md5 }: Checksums, signal: AbortSignal): Promise<void> {
  for (;;) {
    const image = await getImage(session.client, id, signal);
    if (image === null || image.status === 'killed' || image.status === 'deactivated') {
      throw new ProviderError('transient', `Image ${id} is ${image?.status ?? 'gone'} after its upload`);
    }
    if (image.status === 'active') {
      if (image.checksum === '' || image.checksum === md5) return;
      throw new ProviderError('transient', `Image ${id} arrived damaged: its MD5 is ${image.checksum}, not ${md5}`);
    }
    await sleep(session.context.clock, CHECK_INTERVAL, signal);
  }
}

/** Deletes the image, or, if its id is not known, what carries its name and all its properties. */
async function undo(session: CloudSession, spec: ImageUploadSpec, id: string | null): Promise<void> {
  const { client, context } = session;
  const signal = new AbortController().signal;
  try {
    await withDeadline(context.clock, UNDO_DEADLINE, 'deleting a broken image', signal, async (inner) => {
      const ids = id === null ? await lost(session, spec, inner) : [id];
      for (const one of ids) await deleteImage(client, one, inner);
    });
  } catch (error) {
    context.logger.warn(`The broken image ${id ?? spec.name} could not be deleted`, errorFields(error));
  }
}

async function lost({ client }: CloudSession, spec: ImageUploadSpec, signal: AbortSignal): Promise<readonly string[]> {
  const wanted = Object.entries(spec.properties);
  const images = await listImages(client, { name: spec.name }, signal);
  const ours = images.filter(
    ({ name, status, properties }) =>
      name === spec.name && status === 'queued' && wanted.every(([key, value]) => properties[key] === value),
  );
  return ours.map((image) => image.id);
}
