/** Which state of a request may follow which, written by a launcher that holds its lock (spec LAUNCHER 1.7). */
import type { RequestState } from '../model/request.js';
import { assertTransition } from './transition.js';

export const REQUEST_TRANSITIONS: Readonly<Record<RequestState, readonly RequestState[]>> = {
  requested: ['pending', 'failed', 'requested'],
  pending: ['fulfilled', 'failed', 'requested'],
  fulfilled: [],
  failed: [],
};

export function assertRequestTransition(from: RequestState, to: RequestState): void {
  assertTransition('request', REQUEST_TRANSITIONS, from, to);
}
