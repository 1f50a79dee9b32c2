import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type * as Crypto from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PidFile } from '../../../src/adapters/daemon/pid-file.js';

/** What is drawn next, if somebody has guessed it. */
const guessed = vi.hoisted((): { bytes: Buffer | undefined } => ({ bytes: undefined }));
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof Crypto>();
  return { ...real, randomBytes: (size: number) => guessed.bytes ?? real.randomBytes(size) };
});

const OURS = `${process.pid}\n`;
/** Its parent, which lives as long as we. */
const SOMEBODY = process.ppid;

describe('the pid file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-pid-'));
    file = path.join(folder, 'nodepool.pid');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The number of a process that was there a moment ago. */
  function deadPid(): number {
    return spawnSync('true').pid;
  }

  it('holds the number of the process, and goes with it', async () => {
    const held = await PidFile.acquire(file);
    expect(readFileSync(file, 'utf8')).toBe(OURS);
    expect(readdirSync(folder)).toEqual(['nodepool.pid']);
    held.release();
    held.release();
    expect(existsSync(file)).toBe(false);
  });

  it('is drafted exclusively: what lies where the draft was expected is not written through [B15]', async () => {
    const victim = path.join(folder, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, `${file}.${process.pid}`);
    const held = await PidFile.acquire(file, { wait: 0 });
    expect(readFileSync(file, 'utf8')).toBe(OURS);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    held.release();
    expect(readdirSync(folder).sort()).toEqual([`nodepool.pid.${process.pid}`, 'victim']);
  });

  it('is drafted exclusively even by whoever can guess the name of the draft [B15]', async () => {
    const victim = path.join(folder, 'victim');
    writeFileSync(victim, 'precious');
    guessed.bytes = Buffer.from('guessed!');
    symlinkSync(victim, `${file}.${process.pid}.${guessed.bytes.toString('hex')}`);
    const held = PidFile.acquire(file, { wait: 0 });
    guessed.bytes = undefined;
    await held.then((each) => each.release(), String);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('that is a link to nowhere is told of, and not looked at for ever [A8]', async () => {
    symlinkSync(path.join(folder, 'nowhere'), file);
    await expect(PidFile.acquire(file, { wait: 0 })).rejects.toThrow(
      `pid file ${file}: it is a link that leads nowhere; remove it: rm ${file}`,
    );
    expect(readdirSync(folder)).toEqual(['nodepool.pid']);
  });

  it('of a process that is no more is taken over [BUILDER 137]', async () => {
    for (const stale of [`${deadPid()}\n`, `${deadPid()}`, OURS]) {
      writeFileSync(file, stale);
      const held = await PidFile.acquire(file, { wait: 0 });
      expect(readFileSync(file, 'utf8')).toBe(OURS);
      held.release();
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  it('of a living process is left alone, and says whose it is [BUILDER 137]', async () => {
    writeFileSync(file, `${SOMEBODY}\n`);
    const name = readFileSync(`/proc/${SOMEBODY}/comm`, 'utf8').trim();
    await expect(PidFile.acquire(file, { wait: 0.3 })).rejects.toThrow(
      `pid file ${file}: process ${SOMEBODY} (${name}) is running; stop it, or, if it is another program, remove the file: rm ${file}`,
    );
    expect(readFileSync(file, 'utf8')).toBe(`${SOMEBODY}\n`);
    expect(readdirSync(folder)).toEqual(['nodepool.pid']);
  });

  it('is waited for while its holder ends', async () => {
    writeFileSync(file, `${SOMEBODY}\n`);
    const waiting = PidFile.acquire(file, { wait: 10 });
    rmSync(file);
    const held = await waiting;
    expect(readFileSync(file, 'utf8')).toBe(OURS);
    held.release();
  });

  it.each(['', 'garbage\n', '-1\n', '0'])('that holds %j is nobody to be taken from', async (text) => {
    writeFileSync(file, text);
    await expect(PidFile.acquire(file, { wait: 0 })).rejects.toThrow(
      `pid file ${file}: it holds no number of a process; remove it if no daemon uses it: rm ${file}`,
    );
  });

  it('cannot be where there is no folder', async () => {
    const missing = path.join(folder, 'missing');
    await expect(PidFile.acquire(path.join(missing, 'x.pid'))).rejects.toThrow(
      `the folder ${missing} does not exist; create it, or name another file with -p`,
    );
    writeFileSync(missing, '');
    await expect(PidFile.acquire(path.join(missing, 'x.pid'))).rejects.toThrow(`${missing} is no folder`);
    mkdirSync(file);
    await expect(PidFile.acquire(file)).rejects.toThrow(`pid file ${file}: cannot be read (EISDIR)`);
  });

  it('is not removed when somebody else has it meanwhile', async () => {
    const held = await PidFile.acquire(file);
    writeFileSync(file, `${SOMEBODY}\n`);
    held.release();
    expect(existsSync(file)).toBe(true);
  });
});
