import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSink } from '../../../src/adapters/pino/sinks/file-sink.js';
import { RotatingFileSink } from '../../../src/adapters/pino/sinks/rotating-file-sink.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-sinks-'));
  file = path.join(folder, 'nodepool.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a log file', () => {
  it('on a full disk loses lines, says how many, and nothing else', () => {
    symlinkSync('/dev/full', file);
    const sink = new FileSink({ file });
    for (let line = 1; line <= 3; line += 1) sink.write(`line ${line}\n`, 0);
    rmSync(file);
    writeFileSync(file, '');
    sink.write('there is room again\n', 0);
    sink.close();
    expect(readFileSync(file, 'utf8')).toBe(
      'nodepool: 3 lines of the log were lost here (ENOSPC)\nthere is room again\n',
    );
  });

  it('whose folder went away is made anew when that is back', () => {
    const deep = path.join(mkdtempSync(path.join(folder, 'logs-')), 'x.log');
    const sink = new FileSink({ file: deep });
    rmSync(path.dirname(deep), { recursive: true });
    sink.write('lost\n', 0);
    expect(spawnSync('mkdir', [path.dirname(deep)]).status).toBe(0);
    sink.write('kept\n', 0);
    expect(readFileSync(deep, 'utf8')).toMatch(/^nodepool: 1 lines .*ENOENT.*\nkept\n$/);
    sink.close();
  });

  it('that somebody emptied is written from its beginning', () => {
    const sink = new RotatingFileSink({ file, maxBytes: 100, backupCount: 1 });
    sink.write(`${'x'.repeat(80)}\n`, 0);
    writeFileSync(file, '');
    sink.write(`${'y'.repeat(60)}\n`, 0);
    sink.close();
    expect(readFileSync(file, 'utf8')).toBe(`${'y'.repeat(60)}\n`);
    expect(statSync(`${file}.1`, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('is not for everybody to read', () => {
    new FileSink({ file }).close();
    expect(statSync(file).mode & 0o007).toBe(0);
  });
});
