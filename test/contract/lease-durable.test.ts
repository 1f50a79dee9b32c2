import { durableWorld } from '../support/durable-world.js';
import { describeLeases } from './lease.suite.js';

describeLeases('The durable tree', durableWorld);
