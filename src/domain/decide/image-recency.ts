/** What counts as newest among builds and uploads: the time of the last state change, then the id (spec BUILDER 2.4, 2.10.1). */
import type { StoredBuild, StoredUpload } from '../model/image.js';
import { knownOrOldest } from '../model/moment.js';

/** A kept generation and the one before it: what operators fall back to. */
export const GENERATIONS_KEPT = 2;

export function newestReadyBuilds(builds: readonly StoredBuild[], count: number): readonly StoredBuild[] {
  return builds
    .filter((build) => build.value.state === 'ready')
    .sort((a, b) => newerFirst(a.value.stateTime, b.value.stateTime, a.build, b.build))
    .slice(0, count);
}

export function newestReadyUploads(uploads: readonly StoredUpload[], count: number): readonly StoredUpload[] {
  return uploads
    .filter((upload) => upload.value.state === 'ready')
    .sort((a, b) => newerFirst(a.value.stateTime, b.value.stateTime, a.upload, b.upload))
    .slice(0, count);
}

function newerFirst(timeA: number, timeB: number, idA: string, idB: string): number {
  const difference = knownOrOldest(timeB) - knownOrOldest(timeA);
  if (difference !== 0) return difference;
  return idA < idB ? 1 : -1;
}
