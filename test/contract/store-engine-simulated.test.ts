import { SimulatedDisk } from '../../src/adapters/simulated-engine/simulated-disk.js';
import { SimulatedEngine } from '../../src/adapters/simulated-engine/simulated-engine.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { describeStoreEngine } from './store-engine.suite.js';

describeStoreEngine('SimulatedEngine', () => {
  const disk = new SimulatedDisk();
  const clock = new SystemClock();
  return { engine: () => new SimulatedEngine({ disk, clock, delay: () => 0.001 }), end: () => Promise.resolve() };
});
