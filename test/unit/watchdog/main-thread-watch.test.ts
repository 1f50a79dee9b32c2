import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MainThreadWatch } from '../../../src/adapters/watchdog/main-thread-watch.js';
import { report } from '../../../src/adapters/watchdog/watchdog-report.js';

function watched(): { readonly turn: () => void; readonly watch: MainThreadWatch } {
  const turns = new Int32Array(1);
  return { turn: () => (turns[0]! += 1), watch: new MainThreadWatch({ patience: 10, interval: 1, turns }, 0) };
}

describe('[A8] the watch over the main thread', () => {
  it('finds nothing while the event loop turns', () => {
    const { turn, watch } = watched();
    for (let second = 1; second < 60; second += 1) {
      turn();
      expect(watch.check(second)).toBeUndefined();
    }
  });

  it('finds a loop that has not turned for ten seconds, again at twice the time, and its end', () => {
    const { turn, watch } = watched();
    const found = Array.from({ length: 45 }, (_, at) => watch.check(at + 1)).flatMap((finding) => finding ?? []);
    expect(found).toEqual([
      { seconds: 10, ended: false },
      { seconds: 20, ended: false },
      { seconds: 40, ended: false },
    ]);
    turn();
    expect(watch.check(46)).toEqual({ seconds: 46, ended: true });
    turn();
    expect(watch.check(47)).toBeUndefined();
  });

  it('begins anew when its own looks come late: the process was stopped', () => {
    const { watch } = watched();
    expect(watch.check(1)).toBeUndefined();
    expect(watch.check(61)).toBeUndefined();
    expect(Array.from({ length: 9 }, (_, at) => watch.check(62 + at))).toEqual(Array(9).fill(undefined));
    expect(watch.check(71)).toEqual({ seconds: 10, ended: false });
  });

  it('writes lines as the log has them, and JSON where the log is JSON; a file that cannot be written harms nobody', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'watchdog-'));
    try {
      const [text, json] = [path.join(folder, 'text.log'), path.join(folder, 'json.log')];
      const targets = [
        { to: path.join(folder, 'nowhere/x.log'), json: false },
        { to: text, json: false },
        { to: json, json: true },
      ];
      const now = new Date(2026, 1, 3, 4, 5, 6, 7);
      report(targets, 'It stands still:', ['at spin (file:///x.js:1:2)'], now);
      expect(readFileSync(text, 'utf8')).toBe(
        '2026-02-03 04:05:06,007 ERROR nodepool.watchdog: It stands still:\n' +
          '2026-02-03 04:05:06,007 ERROR nodepool.watchdog:   at spin (file:///x.js:1:2)\n',
      );
      expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual({
        level: 'error',
        stack: ['at spin (file:///x.js:1:2)'],
        time: now.toISOString(),
        name: 'nodepool.watchdog',
        message: 'It stands still:',
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
