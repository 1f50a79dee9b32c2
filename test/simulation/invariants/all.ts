import type { Invariant } from '../world.js';
import { minReadyIsNotOvershot } from './capacity-rules.js';
import { imagesAreKept } from './image-rules.js';
import { contendersAreTheirOwn, nodesAreTreatedWell, serversAreTreatedWell, strangersAreNoted } from './node-rules.js';
import { requestsAreTreatedWell } from './request-rules.js';
import { limitsHoldStrictly } from './strict-limits.js';

/** Everything that must hold after every step (strangers first: they change what can be asked of the others). */
export const INVARIANTS: readonly Invariant[] = [
  strangersAreNoted,
  contendersAreTheirOwn,
  nodesAreTreatedWell,
  serversAreTreatedWell,
  requestsAreTreatedWell,
  limitsHoldStrictly,
  minReadyIsNotOvershot,
  imagesAreKept,
];
