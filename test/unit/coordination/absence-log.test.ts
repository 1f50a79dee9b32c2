import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { AbsenceLog } from '../../../src/adapters/zookeeper/absence-log.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';

describe('the warnings about an absent server', () => {
  it('[LAUNCHER 6] come soon, then every ten seconds, and at once when the connection breaks', async () => {
    const clock = new VirtualClock();
    const logger = new MemoryLogger();
    const log = new AbsenceLog(clock, logger, 'zk1:2181,zk2:2181', () => undefined);
    log.begin();
    await clock.advance(1.9);
    expect(logger.lines).toEqual([]);
    await clock.advance(30);
    expect(logger.lines.map((line) => line.fields['seconds'])).toEqual([2, 12, 22]);
    expect(logger.lines[0]?.fields).toMatchObject({ servers: 'zk1:2181,zk2:2181' });
    log.end();
    await clock.advance(100);
    expect(logger.lines).toHaveLength(3);
    for (let flaps = 0; flaps < 19; flaps++) {
      log.begin();
      await clock.advance(0.2);
      log.end();
      await clock.advance(0.3);
    }
    expect(logger.messages('warn').slice(3)).toEqual(['The connection to ZooKeeper was lost']);
  });

  it('leave out the first moments of a start that succeeds, not the first loss after it', async () => {
    const clock = new VirtualClock();
    const logger = new MemoryLogger();
    const log = new AbsenceLog(clock, logger, 'zk1:2181', () => undefined);
    log.begin();
    await clock.advance(1);
    log.end();
    log.begin();
    expect(logger.messages('warn')).toEqual(['The connection to ZooKeeper was lost']);
  });
});
