import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PinoLogger } from '../../../src/adapters/pino/pino-logger.js';

const EVIL = '\u001b]0;x\u0007\u001b[31mred\u009b2J\u202eabc\u2066\n2026-01-01 00:00:00,000 ERROR nodepool: forged';
const HIDDEN = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'log-'));
  file = path.join(folder, 'log');
});
afterEach(() => rmSync(folder, { recursive: true }));

function log(format: 'text' | 'json', write: (logger: PinoLogger) => void): string {
  const logger = PinoLogger.open({ target: { file }, format, level: 'debug' });
  write(logger);
  logger.close();
  return readFileSync(file, 'utf8');
}

describe('[B12] [CASE event_id with control characters] the log', () => {
  it('shows them as escapes wherever they come from', () => {
    const text = log('text', (logger) => {
      logger.info('Fulfilled', { eventId: EVIL, request: EVIL, because: [EVIL], other: { deep: EVIL }, plain: EVIL });
      logger.error(`The cloud says ${EVIL}`, { err: new Error(EVIL, { cause: new Error(EVIL) }) });
      logger.child(EVIL.slice(0, 4)).info('child');
    });
    expect(HIDDEN.exec(text)).toBeNull();
    expect(text).toContain('[e: \\x1b]0;x\\x07\\x1b[31mred\\x9b2J\\u202eabc\\u2066\\x0a2026-01-01');
    // A line feed begins no line that looks like one of ours.
    expect(text.split('\n').filter((line) => line.startsWith('2026-01-01'))).toEqual([]);
  });

  it('in JSON is valid, has the true values, and nothing that a terminal would obey', () => {
    const text = log('json', (logger) => logger.info('Fulfilled', { eventId: EVIL }));
    expect(HIDDEN.exec(text)).toBeNull();
    expect(JSON.parse(text)).toMatchObject({ eventId: EVIL, message: 'Fulfilled' });
  });

  it.each(['text', 'json'] as const)('is not drowned by a text of 900 KB (%s)', (format) => {
    const long = 'x'.repeat(900_000);
    const begun = performance.now();
    const text = log(format, (logger) => {
      for (let line = 0; line < 100; line += 1) {
        logger.info('Fulfilled', { eventId: long, request: long, nodes: Array(500).fill(long), other: { deep: long } });
        logger.warn(`It says ${long}`, { err: new Error(long) });
      }
    });
    expect(text.length / 100).toBeLessThan(250_000);
    expect(text).toContain('characters more)');
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('cuts no secret in two', () => {
    for (let at = 940; at < 1010; at += 1) {
      const text = `${'x '.repeat(at / 2)}https://user:hunter2secret@host/${'y'.repeat(5000)}`;
      const line = log('text', (logger) => logger.info('said', { text }));
      expect(line).not.toContain('hunter2');
    }
  });
});
