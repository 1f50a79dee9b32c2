import { durableWorld } from '../support/durable-world.js';
import { timedRealWorld } from '../support/timed-worlds.js';
import { describeLeases } from './leases.suite.js';

describeLeases('the durable tree', async () => timedRealWorld(await durableWorld()));
