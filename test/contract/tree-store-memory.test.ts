import { memoryWorld } from '../support/memory-world.js';
import { describeTreeStore } from './tree-store.suite.js';

describeTreeStore('MemoryTreeStore', memoryWorld);
