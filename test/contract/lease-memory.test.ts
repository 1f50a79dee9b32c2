import { memoryWorld } from '../support/memory-world.js';
import { describeLeases } from './lease.suite.js';

describeLeases('MemoryTreeStore', memoryWorld);
