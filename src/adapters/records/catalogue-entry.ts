import type { ImageBuild, ImageUpload, StoredBuild, StoredUpload } from '../../domain/model/image.js';
import type { DamagedRecord } from '../../domain/model/stored.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import { buildCodec, uploadCodec } from './image-codec.js';
import type { ImagePlace } from './image-place.js';
import { decodeSafely, type RecordCodec } from './record-codec.js';

/** A record below `/nodepool/images`, understood if it is a build or an upload. */
export interface CatalogueEntry {
  readonly place: ImagePlace;
  readonly data: Uint8Array;
  readonly modifiedId: number;
  readonly createdTime: number;
  /** Lists asked for before this moment, in the mirror's own counting, say nothing about it. */
  readonly tick: number;
  readonly build: StoredBuild | undefined;
  readonly upload: StoredUpload | undefined;
  readonly damaged: DamagedRecord | undefined;
}

export function entryOf(place: ImagePlace, path: string, record: TreeRecord, tick: number): CatalogueEntry {
  const { data, stat } = record;
  const base = { place, data, modifiedId: stat.modifiedId, createdTime: stat.createdTime, tick };
  const nothing = { build: undefined, upload: undefined, damaged: undefined };
  if (place.kind === 'build') {
    const { kind: _, ...key } = place;
    const value = understand<ImageBuild>(buildCodec, path, key.build, record);
    return { ...base, ...nothing, ...('damaged' in value ? value : { build: { ...key, ...value } }) };
  }
  if (place.kind === 'upload') {
    const { kind: _, ...key } = place;
    const value = understand<ImageUpload>(uploadCodec, path, key.upload, record);
    return { ...base, ...nothing, ...('damaged' in value ? value : { upload: { ...key, ...value } }) };
  }
  return { ...base, ...nothing };
}

function understand<T>(
  codec: RecordCodec<T>,
  path: string,
  id: string,
  record: TreeRecord,
): { readonly value: T } | { readonly damaged: DamagedRecord } {
  const decoded = decodeSafely(codec, record);
  if ('value' in decoded) return decoded;
  return { damaged: { id, path, ...decoded, modifiedTime: record.stat.modifiedTime } };
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
