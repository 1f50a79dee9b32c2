import { readFileSync, statSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import { StoreInUseError } from '../../ports/coordination/store-engine.js';
import { LOCK_FOLDER, unusable } from './store-directory.js';

const OWNER_FILE = 'owner';

/**
 * Keeps a store's directory for this process. Node has no call for the kernel's file locks, LevelDB takes one: so the lock is an empty
 * LevelDB beside the one with the data, which may then be looked at, byte for byte, before it is opened. A process that dies leaves
 * no lock behind.
 */
export class StoreLock {
  private constructor(private readonly level: ClassicLevel) {}

  /** @throws StoreInUseError with the process that has it, StoreUnusableError */
  static async take(directory: string): Promise<StoreLock> {
    const level = new ClassicLevel(path.join(directory, LOCK_FOLDER), { writeBufferSize: 65_536 });
    try {
      await level.open();
    } catch (error) {
      if (isLocked(error)) throw new StoreInUseError(directory, await ownerOf(directory), { cause: error });
      throw unusable(directory, causeOf(error));
    }
    const lock = new StoreLock(level);
    try {
      const draft = path.join(directory, `${OWNER_FILE}.new`);
      await writeFile(draft, `${process.pid}\n`, { mode: 0o600 });
      await rename(draft, path.join(directory, OWNER_FILE));
    } catch (error) {
      await lock.release();
      throw unusable(directory, error);
    }
    return lock;
  }

  async release(): Promise<void> {
    await this.level.close();
  }
}

/**
 * The process that has the store now, or null. Changes nothing, so that it may be asked by those who only read. Told by the kernel's
 * list of locks; where there is none, by whether the process that had it last is alive.
 */
export async function holderOf(directory: string): Promise<number | null> {
  const owner = await ownerOf(directory);
  try {
    const { ino } = statSync(path.join(directory, LOCK_FOLDER, 'LOCK'));
    // e.g. `1: POSIX  ADVISORY  WRITE 4711 08:01:1234567 0 EOF`; a line with `->` waits for a lock.
    const lines = readFileSync('/proc/locks', 'latin1').split('\n');
    const line = lines.find((each) => !each.includes('->') && each.includes(`:${ino} `));
    if (!line) return null;
    const pid = Number(line.trim().split(/\s+/)[4]);
    return pid > 0 ? pid : owner;
  } catch (error) {
    const { code, path: file } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || file !== '/proc/locks') return null;
    return owner !== null && isAlive(owner) ? owner : null;
  }
}

/** LevelDB's own words, under what classic-level wraps around them. */
export function causeOf(error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const known = cause instanceof Error ? cause : new Error(String(cause));
  const code = CODES.find(([words]) => known.message.includes(words))?.[1];
  return code === undefined ? known : Object.assign(new Error(known.message, { cause: known }), { code });
}

const CODES: readonly (readonly [words: string, code: string])[] = [
  ['No space left', 'ENOSPC'],
  ['Disk quota exceeded', 'EDQUOT'],
  ['Read-only file system', 'EROFS'],
  ['Permission denied', 'EACCES'],
  ['Not a directory', 'ENOTDIR'],
  ['Too many open files', 'EMFILE'],
  ['Input/output error', 'EIO'],
];

function isLocked(error: unknown): boolean {
  const code = (each: unknown): unknown => (each as { readonly code?: unknown } | undefined)?.code;
  return code(error) === 'LEVEL_LOCKED' || code((error as Error).cause) === 'LEVEL_LOCKED';
}

async function ownerOf(directory: string): Promise<number | null> {
  const text = await readFile(path.join(directory, OWNER_FILE), 'latin1').catch(() => '');
  return /^\d+\n$/.test(text) ? Number(text) : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
