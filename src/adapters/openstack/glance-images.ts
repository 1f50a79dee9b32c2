/** The calls about images, but for the upload itself (spec BUILDER 6.9, 6.10). */
import type { JsonObject } from './client/api-call.js';
import { isStatus } from './client/api-error.js';
import type { OpenStackClient } from './client/openstack-client.js';
import { plainValues, textAt } from './read-json.js';

export interface GlanceImage {
  readonly id: string;
  readonly name: string;
  /** `queued`, `saving`, `active`, `killed`, `deleted` and others. */
  readonly status: string;
  /** MD5 of the contents; `''` when the cloud does not say. */
  readonly checksum: string;
  /** The whole record as far as it is plain, our own properties among it. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Deleted ones are left out. */
export async function listImages(
  client: OpenStackClient,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly GlanceImage[]> {
  const images: GlanceImage[] = [];
  const call = { service: 'image', method: 'GET', path: '/images', query, expected: [200], idempotent: true } as const;
  for await (const page of client.pages(call, 'images', signal)) images.push(...page.map(readImage));
  return images.filter(({ status }) => status !== 'deleted' && status !== 'pending_delete');
}

/** Null when there is no such image. */
export async function getImage(client: OpenStackClient, id: string, signal: AbortSignal): Promise<GlanceImage | null> {
  try {
    const path = imagePath(id);
    const answer = await client.call(
      { service: 'image', method: 'GET', path, expected: [200], idempotent: true },
      signal,
    );
    return readImage(answer.json);
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}

/** Deleting what does not exist succeeds. */
export async function deleteImage(client: OpenStackClient, id: string, signal: AbortSignal): Promise<void> {
  await client.call(
    { service: 'image', method: 'DELETE', path: imagePath(id), expected: [204, 404], idempotent: true, urgent: true },
    signal,
  );
}

/** Of several images with one name only the active ones count, and of these the first (spec BUILDER 8, 18). */
export function findActiveImage(images: readonly GlanceImage[], name: string): GlanceImage | undefined {
  return images.find((image) => image.status === 'active' && (image.name === name || image.id === name));
}

export function readImage(json: JsonObject): GlanceImage {
  return {
    id: textAt(json, 'id'),
    name: textAt(json, 'name'),
    status: textAt(json, 'status'),
    checksum: textAt(json, 'checksum'),
    properties: plainValues(json),
  };
}

export function imagePath(id: string): string {
  return `/images/${encodeURIComponent(id)}`;
}
