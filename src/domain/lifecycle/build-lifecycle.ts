/** Which state of a build may follow which (spec BUILDER 2.11). Operators order `deleting` from any state but `building`. */
import type { BuildState } from '../model/image.js';
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
