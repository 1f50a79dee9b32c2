/** Which upload nodes are made from: the newest ready one of the image in the provider; the build's state does not matter (spec LAUNCHER 1.6). */
import type { StoredUpload } from '../model/image.js';
import { knownOrOldest } from '../model/moment.js';

export function currentUpload(uploads: Iterable<StoredUpload>, provider: string): StoredUpload | undefined {
  let newest: StoredUpload | undefined;
  for (const upload of uploads) {
    if (upload.provider !== provider || upload.value.state !== 'ready' || upload.value.externalId === null) continue;
    if (!newest || isNewer(upload, newest)) newest = upload;
  }
  return newest;
}

function isNewer(one: StoredUpload, other: StoredUpload): boolean {
  return knownOrOldest(one.value.stateTime) > knownOrOldest(other.value.stateTime);
}

/** The record path of an upload, which nodes carry as their `image_id`. */
export function uploadPath(upload: {
  readonly image: string;
  readonly build: string;
  readonly provider: string;
  readonly upload: string;
}): string {
  return `/nodepool/images/${upload.image}/builds/${upload.build}/providers/${upload.provider}/images/${upload.upload}`;
}
