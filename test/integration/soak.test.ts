import { describe, expect, it } from 'vitest';
import { Soak } from '../soak/soak.js';
import { withoutZooKeeper } from '../support/zookeeper-server.js';

describe.skipIf(withoutZooKeeper())('a launcher and a builder', () => {
  it(
    '[A8] are well again after each kind of trouble with ZooKeeper (more rounds: npm run soak)',
    { timeout: 600_000 },
    async () => {
      const lines: string[] = [];
      const soak = await Soak.begin((line) => lines.push(line));
      try {
        await soak.run(5);
      } finally {
        await soak.end();
      }
      expect(lines).toHaveLength(5);
    },
  );
});
