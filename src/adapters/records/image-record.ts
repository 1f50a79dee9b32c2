import type { StoredBuild, StoredUpload } from '../../domain/model/image.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import { buildCodec, uploadCodec } from './image-codec.js';
import { parseImagePath, type ImagePlace } from './image-place.js';
import { KnownRecord } from './known-record.js';
import { parseRecord, type Parsed } from './record-codec.js';

/** What a record below `/nodepool/images` says: a build, an upload, or that it is there. */
export interface ImageFact {
  readonly createdTime: number;
  readonly build?: StoredBuild;
  readonly upload?: StoredUpload;
}

/** A record below `/nodepool/images` as the mirror knows it. */
export class ImageRecord extends KnownRecord<ImageFact> {
  constructor(
    path: string,
    readonly place: ImagePlace,
  ) {
    super(path);
  }
}

export function parseImageRecord(path: string, record: TreeRecord): Parsed<ImageFact> {
  const { createdTime, version } = record.stat;
  const place = parseImagePath(path);
  if (place?.kind === 'build') {
    const { kind: _, ...key } = place;
    const parsed = parseRecord(buildCodec, key.build, path, record);
    if ('damaged' in parsed) return parsed;
    return { stored: { id: path, value: { createdTime, build: { ...key, value: parsed.stored.value } }, version } };
  }
  if (place?.kind === 'upload') {
    const { kind: _, ...key } = place;
    const parsed = parseRecord(uploadCodec, key.upload, path, record);
    if ('damaged' in parsed) return parsed;
    return { stored: { id: path, value: { createdTime, upload: { ...key, value: parsed.stored.value } }, version } };
  }
  return { stored: { id: path, value: { createdTime }, version } };
}

/** By image, build, provider and upload. */
export function comparePlaces(a: ImagePlace, b: ImagePlace): number {
  return (
    compare(a.image, b.image) ||
    compare(a.build, b.build) ||
    compare(a.provider ?? '', b.provider ?? '') ||
    compare(a.upload ?? '', b.upload ?? '')
  );
}

function compare(a: string | undefined, b: string | undefined): number {
  const [left, right] = [a ?? '', b ?? ''];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
