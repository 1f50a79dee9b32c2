import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkBuilt } from '../support/daemon-build.js';

beforeAll(() => checkBuilt());

/** Logs that many lines to its standard output in a process of its own, then says `done` on standard error and ends as told. */
function logger(lines: number, end: string, stdio: ['ignore', number | 'pipe', 'pipe']): ReturnType<typeof spawn> {
  const script = path.join(import.meta.dirname, '../fixtures/logging/many-lines.mjs');
  return spawn(process.execPath, [script, String(lines), end], { stdio });
}

describe('standard output as a log', () => {
  it.each(['exit', 'throw', 'reject', 'signal'])(
    'is complete for a slow reader when the process ends by %s',
    async (end) => {
      const child = logger(20_000, end, ['ignore', 'pipe', 'pipe']);
      // The pipe holds 64 KiB; nobody reads while the process says that it is done with them.
      await new Promise((resolve) => child.stderr?.once('data', resolve));
      const lines = (await text(child.stdout!)).split('\n');
      expect(lines.filter((line) => / line \d+$/.test(line))).toHaveLength(20_000);
      expect(lines.at(-2)).toMatch(
        end === 'throw' || end === 'reject' ? /The program failed and ends: on purpose/ : /line 19999$/,
      );
    },
  );

  it('that nobody reads any more neither ends nor blocks the process', async () => {
    const child = logger(20_000, 'exit', ['ignore', 'pipe', 'pipe']);
    child.stdout?.destroy();
    const said = text(child.stderr!);
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(await said).toContain('done');
    expect(code).toBe(0);
  });

  it('that is a file on a full disk does neither', async () => {
    const full = openSync('/dev/full', 'w');
    const child = logger(1000, 'exit', ['ignore', full, 'pipe']);
    closeSync(full);
    const said = text(child.stderr!);
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    expect(await said).toContain('done');
  });
});
