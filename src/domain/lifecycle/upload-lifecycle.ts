/** Which state of an upload may follow which (spec BUILDER 2.11). */
import type { UploadState } from '../model/image.js';
import { assertTransition } from './transition.js';

export const UPLOAD_TRANSITIONS: Readonly<Record<UploadState, readonly UploadState[]>> = {
  uploading: ['ready', 'failed', 'deleting'],
  ready: ['deleting'],
  failed: ['deleting'],
  deleting: [],
};

export function assertUploadTransition(from: UploadState, to: UploadState): void {
  assertTransition('upload', UPLOAD_TRANSITIONS, from, to);
}
