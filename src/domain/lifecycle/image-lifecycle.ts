/** Which state of a build or an upload may follow which (spec BUILDER 2.11). Operators order `deleting` of a build in any state but `building`. */
import type { BuildState, UploadState } from '../model/image.js';
import { assertTransition } from './transition.js';

export const BUILD_TRANSITIONS: Readonly<Record<BuildState, readonly BuildState[]>> = {
  building: ['ready', 'failed', 'deleting'],
  ready: ['deleting'],
  failed: ['deleting'],
  deleting: [],
};

export function assertBuildTransition(from: BuildState, to: BuildState): void {
  assertTransition('build', BUILD_TRANSITIONS, from, to);
}

export const UPLOAD_TRANSITIONS: Readonly<Record<UploadState, readonly UploadState[]>> = {
  uploading: ['ready', 'failed', 'deleting'],
  ready: ['deleting'],
  failed: ['deleting'],
  deleting: [],
};

export function assertUploadTransition(from: UploadState, to: UploadState): void {
  assertTransition('upload', UPLOAD_TRANSITIONS, from, to);
}
