import { timedMemoryWorld } from '../support/timed-worlds.js';
import { describeLeases } from './leases.suite.js';

describeLeases('MemoryTreeStore', timedMemoryWorld);
