import { expect, test } from 'vitest';
import { logChanges } from '../../../src/adapters/memory-journal/log-changes.js';
import { MemoryJournal } from '../../../src/adapters/memory-journal/memory-journal.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { Decision } from '../../../src/domain/explain/reason.js';
import type { DecisionSubject } from '../../../src/ports/telemetry/journal.js';

const waits = (waiting: number): Decision<string> => ({
  verdict: 'wait',
  because: [{ code: 'OTHERS_WAIT_FIRST', pool: 'main', waiting }],
});
const locked: Decision<string> = { verdict: 'wait', because: [{ code: 'REQUEST_LOCKED' }] };

function set(linesPerSecond?: number): {
  clock: VirtualClock;
  logger: MemoryLogger;
  say: (id: string, decision: Decision<string>, kind?: DecisionSubject['kind']) => void;
} {
  const clock = new VirtualClock(1_000);
  const logger = new MemoryLogger();
  const journal = new MemoryJournal(clock, {
    onChange: logChanges(logger, linesPerSecond === undefined ? {} : { linesPerSecond }),
  });
  return {
    clock,
    logger,
    say: (id, decision, kind = 'request') => journal.record({ kind, id, decider: 'p' }, decision),
  };
}

test('one line per change of a verdict or its reasons, none for other numbers', () => {
  const { logger, say } = set();
  for (const waiting of [1, 2, 3]) say('100-1', waits(waiting));
  say('100-1', locked);
  say('100-1', { ...locked, verdict: 'yield' });
  expect(logger.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    'info request 100-1: wait: OTHERS_WAIT_FIRST pool main waiting 1',
    'info request 100-1: wait: REQUEST_LOCKED',
    'info request 100-1: yield: REQUEST_LOCKED',
  ]);
  expect(logger.lines[0]?.fields).toEqual({ request: '100-1', decider: 'p', verdict: 'wait' });
});

test('labels have lines; nodes and images have their own elsewhere', () => {
  const { logger, say } = set();
  say('small', locked, 'label');
  say('7', locked, 'node');
  say('ubuntu', locked, 'image');
  expect(logger.lines.map(({ message }) => message)).toEqual(['label small: wait: REQUEST_LOCKED']);
});

test('a crowd that changes its mind at once is counted, not listed', async () => {
  const { clock, logger, say } = set(10);
  for (let id = 0; id < 2_000; id += 1) say(`100-${id}`, waits(1));
  expect(logger.lines).toHaveLength(10);
  await clock.advance(1);
  say('200-1', waits(1));
  expect(logger.messages('info').slice(10)).toEqual([
    '1990 more changes of verdicts are not shown one by one',
    'request 200-1: wait: OTHERS_WAIT_FIRST pool main waiting 1',
  ]);
});
