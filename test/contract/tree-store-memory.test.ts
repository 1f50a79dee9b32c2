import { memoryWorld } from '../support/memory-world.js';
import { describeTreeStore } from './tree-store.suite.js';
import { describeTransactions } from './tree-store-together.suite.js';
import { describeTreeWatches } from './tree-watch.suite.js';

describeTreeStore('MemoryTreeStore', memoryWorld);
describeTransactions('MemoryTreeStore', true, memoryWorld);
describeTreeWatches('MemoryTreeStore', memoryWorld);
