import { durableWorld } from '../support/durable-world.js';
import { describeTreeStore } from './tree-store.suite.js';
import { describeTransactions } from './tree-store-together.suite.js';
import { describeTreeWatches } from './tree-watch.suite.js';

describeTreeStore('The durable tree', durableWorld);
describeTransactions('The durable tree', true, durableWorld);
describeTreeWatches('The durable tree', durableWorld);
