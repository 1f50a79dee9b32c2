import { ProviderError } from '../../ports/compute/errors.js';
import type { ImageUploadSpec } from '../../ports/compute/images.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { CloudSession } from './cloud-session.js';
import type { JsonObject } from './client/api-call.js';
import type { OpenStackClient } from './client/openstack-client.js';
import { imagePath } from './glance-images.js';
import { filePart, fileSize } from './image-file.js';
import { CONTAINER } from './image-properties.js';
import { objectAt, textAt } from './read-json.js';

/** Larger files go up in pieces of this size; object stores refuse objects above 5 GB. */
const SEGMENT = 1 << 30;
const CHECK_INTERVAL = 2;
const UNDO_DEADLINE = 60;
/** The object is not there yet for the importer: it is asked once more (spec BUILDER 6.9). */
const NOT_YET = "Image cannot be imported. Error code: '396'";
const AUTOCREATED = { 'x-object-meta-x-sdk-autocreated': 'true' };

/**
 * Uploads through the object store and a task of the image service, for clouds whose Glance takes no files. Answers the image's id;
 * the object is deleted in any case.
 */
export async function importImage(
  session: CloudSession,
  spec: ImageUploadSpec,
  properties: JsonObject,
  signal: AbortSignal,
): Promise<string> {
  const { client } = session;
  const object = `${CONTAINER}/${spec.name}`;
  const size = await fileSize(spec.file);
  try {
    await putObject(session, object, spec, size, signal);
    const id = await runTask(session, spec, signal);
    await describeImage(client, id, properties, signal);
    return id;
  } finally {
    await forgetObject(session, object, size);
  }
}

/** Deletes what an upload left in the object store. An object that does not exist is fine. */
export async function removeObject(client: OpenStackClient, object: string, signal: AbortSignal): Promise<void> {
  const path = `/${encoded(object)}`;
  const call = { service: 'object-store', method: 'HEAD', path, name: 'object', idempotent: true } as const;
  const { status, headers } = await client.call({ ...call, expected: [200, 204, 404] }, signal);
  if (status === 404) return;
  await removePieces(client, object, Number(headers['content-length'] ?? 0), signal);
}

async function putObject(
  session: CloudSession,
  object: string,
  spec: ImageUploadSpec,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  const { client, config } = session;
  const put = async (path: string, from: number, length: number, headers: Record<string, string>): Promise<void> => {
    await client.call(
      {
        service: 'object-store',
        method: 'PUT',
        path: `/${encoded(path)}`,
        stream: filePart(spec.file, from, length),
        headers: { ...AUTOCREATED, ...headers },
        expected: [201, 202],
        idempotent: true,
        deadline: config.imageUploadTimeout,
        name: 'object',
      },
      signal,
    );
  };
  await client.call(
    { service: 'object-store', method: 'PUT', path: `/${CONTAINER}`, expected: [201, 202, 204], idempotent: true },
    signal,
  );
  if (size <= SEGMENT) return put(object, 0, size, {});
  for (const [index, segment] of segmentsOf(object, size).entries()) {
    const from = index * SEGMENT;
    await put(segment, from, Math.min(SEGMENT, size - from), {});
  }
  // The object itself is empty and names the pieces.
  await put(object, 0, 0, { 'x-object-manifest': `${encoded(object)}/` });
}

async function runTask(session: CloudSession, spec: ImageUploadSpec, signal: AbortSignal): Promise<string> {
  for (;;) {
    const outcome = await oneTask(session, spec, signal);
    if ('id' in outcome) return outcome.id;
    if (outcome.problem !== NOT_YET) {
      throw new ProviderError('transient', `Image ${spec.name} could not be imported: ${outcome.problem}`);
    }
    await sleep(session.context.clock, CHECK_INTERVAL, signal);
  }
}

async function oneTask(
  { client, context }: CloudSession,
  spec: ImageUploadSpec,
  signal: AbortSignal,
): Promise<{ readonly id: string } | { readonly problem: string }> {
  const json = {
    type: 'import',
    input: { import_from: `${CONTAINER}/${spec.name}`, image_properties: { name: spec.name } },
  };
  const made = await client.call(
    { service: 'image', method: 'POST', path: '/tasks', json, expected: [201], idempotent: false },
    signal,
  );
  const path = `/tasks/${encodeURIComponent(textAt(made.json, 'id'))}`;
  for (;;) {
    const task = await client.call(
      { service: 'image', method: 'GET', path, expected: [200], idempotent: true },
      signal,
    );
    const status = textAt(task.json, 'status');
    if (status === 'success') return { id: textAt(objectAt(task.json, 'result'), 'image_id') };
    if (status === 'failure') return { problem: textAt(task.json, 'message') };
    await sleep(context.clock, CHECK_INTERVAL, signal);
  }
}

/** A task takes no properties but the name. */
async function describeImage(
  client: OpenStackClient,
  id: string,
  properties: JsonObject,
  signal: AbortSignal,
): Promise<void> {
  const patch = Object.entries(properties).map(([key, value]) => ({
    op: 'add',
    path: `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    value,
  }));
  await client.call(
    {
      service: 'image',
      method: 'PATCH',
      path: imagePath(id),
      json: patch,
      headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
      expected: [200],
      idempotent: true,
    },
    signal,
  );
}

async function forgetObject({ client, context }: CloudSession, object: string, size: number): Promise<void> {
  try {
    const never = new AbortController().signal;
    await withDeadline(context.clock, UNDO_DEADLINE, 'deleting the uploaded object', never, (inner) =>
      removePieces(client, object, size, inner),
    );
  } catch (error) {
    context.logger.warn(`The object ${object} could not be deleted`, errorFields(error));
  }
}

/** The pieces of a large object are named by their order. */
function segmentsOf(object: string, size: number): readonly string[] {
  if (size <= SEGMENT) return [];
  return Array.from({ length: Math.ceil(size / SEGMENT) }, (_, index) => `${object}/${String(index).padStart(6, '0')}`);
}

async function removePieces(client: OpenStackClient, object: string, size: number, signal: AbortSignal): Promise<void> {
  for (const path of [...segmentsOf(object, size), object]) await removeOne(client, path, signal);
}

async function removeOne(client: OpenStackClient, object: string, signal: AbortSignal): Promise<void> {
  await client.call(
    {
      service: 'object-store',
      method: 'DELETE',
      path: `/${encoded(object)}`,
      expected: [204, 404],
      idempotent: true,
      urgent: true,
      name: 'object',
    },
    signal,
  );
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
