import { whatHappensIsRemembered } from '../judges/memory.js';
import type { Invariant } from '../world.js';
import { imagesAreMadeOnce } from './build-rules.js';
import { failuresAreSlept, imagesAreBuiltWhenDue } from './build-due-rules.js';
import { minReadyIsNotOvershot } from './capacity-rules.js';
import { imagesAreKept } from './image-rules.js';
import { generationsAreKept } from './kept-image-rules.js';
import { installationsAreApart } from './installation-rules.js';
import { imagesAreTheNewest, launchesAreCounted, nodesFitTogether } from './launch-rules.js';
import { machinesAreTreatedWell } from './machine-rules.js';
import { contendersAreTheirOwn, nodesAreTreatedWell, serversAreTreatedWell, strangersAreNoted } from './node-rules.js';
import { requestsAreTakenInOrder } from './order-rules.js';
import { requestsAreTreatedWell } from './request-rules.js';
import { serversAreCounted } from './server-rules.js';
import { limitsHoldStrictly } from './strict-limits.js';
import { uploadsAreSingle } from './upload-rules.js';

/** Everything that must hold after every step (strangers first: they change what can be asked of the others). */
export const INVARIANTS: readonly Invariant[] = [
  whatHappensIsRemembered,
  strangersAreNoted,
  contendersAreTheirOwn,
  nodesAreTreatedWell,
  serversAreTreatedWell,
  serversAreCounted,
  installationsAreApart,
  machinesAreTreatedWell,
  requestsAreTreatedWell,
  limitsHoldStrictly,
  minReadyIsNotOvershot,
  imagesAreKept,
  imagesAreMadeOnce,
  imagesAreBuiltWhenDue,
  failuresAreSlept,
  generationsAreKept,
  uploadsAreSingle,
  imagesAreTheNewest,
  launchesAreCounted,
  nodesFitTogether,
  requestsAreTakenInOrder,
];
