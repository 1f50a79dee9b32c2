import { LevelEngine } from '../../src/adapters/level/level-engine.js';
import { temporaryStore } from '../support/durable-world.js';
import { describeStoreEngine } from './store-engine.suite.js';

describeStoreEngine('LevelEngine', async () => {
  const { directory, remove } = await temporaryStore();
  return { engine: () => new LevelEngine(directory), end: remove };
});
