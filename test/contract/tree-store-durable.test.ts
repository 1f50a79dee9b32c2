import { durableWorld } from '../support/durable-world.js';
import { describeTreeStore } from './tree-store.suite.js';

describeTreeStore('The durable tree', durableWorld);
