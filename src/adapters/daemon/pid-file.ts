import { linkSync, lstatSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, nameOfProcess } from './living-process.js';

/** Somebody else has the pid file, or it cannot be written. The message names the file, the holder, and the hint. */
export class PidFileError extends Error {
  readonly code = 'NP_PID_FILE';
  override readonly name = 'PidFileError';
}

export interface PidFileOptions {
  /** Seconds to wait for a holder that may be about to end. Default 10, as the original has it. */
  readonly wait?: number;
}

/** Seconds between two checks of a holder. */
const CHECK_INTERVAL = 0.2;

/** The lock of a daemon: a file with the number of the process, as the Python daemons write and respect it (spec BUILDER 3.5). */
export class PidFile {
  private constructor(private readonly file: string) {}

  /** Takes the file, also from a process that is no more. @throws PidFileError */
  static async acquire(file: string, { wait = 10 }: PidFileOptions = {}): Promise<PidFile> {
    const end = performance.now() + wait * 1000;
    for (;;) {
      if (create(file)) return new PidFile(file);
      const text = read(file);
      if (text === null) {
        if (leadsNowhere(file))
          throw new PidFileError(`pid file ${file}: it is a link that leads nowhere; remove it: rm ${file}`);
        // Its holder has just ended.
        await delay(0);
        continue;
      }
      if (isStale(text)) takeAway(file, text);
      else if (performance.now() >= end) throw new PidFileError(`pid file ${file}: ${holderOf(text, file)}`);
      else await delay(CHECK_INTERVAL * 1000);
    }
  }

  /** Removes the file if it is still ours. Idempotent; never throws. */
  release(): void {
    if (read(this.file) === ownText()) remove(this.file);
  }
}

function ownText(): string {
  return `${process.pid}\n`;
}

/** False if there is one. It appears with its content, so that nobody reads an empty one. */
function create(file: string): boolean {
  // Nobody can know the name beforehand, and what stands there all the same (a link to somewhere else) is not written through.
  const draft = `${file}.${process.pid}.${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(draft, ownText(), { mode: 0o644, flag: 'wx' });
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new PidFileError(`pid file ${file}: ${whyNot(error as NodeJS.ErrnoException, path.dirname(file))}`, {
      cause: error,
    });
  } finally {
    remove(draft);
  }
}

function whyNot({ code, message }: NodeJS.ErrnoException, folder: string): string {
  switch (code) {
    case 'ENOENT':
      return `the folder ${folder} does not exist; create it, or name another file with -p`;
    case 'ENOTDIR':
      return `${folder} is no folder; name another file with -p`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `the folder ${folder} cannot be written to; change its owner, or name another file with -p`;
    default:
      return `cannot be written: ${code ?? message}`;
  }
}

/** Null if there is none. */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new PidFileError(`pid file ${file}: cannot be read (${code ?? message}); name another file with -p`, {
      cause: error,
    });
  }
}

/** A link to what is not there: it is in the way, and has no content. */
function leadsNowhere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function pidIn(text: string): number | null {
  return /^\s*[1-9]\d*\s*$/.test(text) ? Number(text) : null;
}

/** Our own number was somebody else's: numbers begin anew with each boot and in each container. */
function isStale(text: string): boolean {
  const pid = pidIn(text);
  return pid !== null && (pid === process.pid || !isAlive(pid));
}

/** Several may find the same stale file: who moves away the file of one that was faster puts it back. */
function takeAway(file: string, stale: string): void {
  const aside = `${file}.stale.${process.pid}.${randomBytes(8).toString('hex')}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new PidFileError(`pid file ${file}: ${whyNot(error as NodeJS.ErrnoException, path.dirname(file))}`, {
      cause: error,
    });
  }
  try {
    if (read(aside) !== stale) linkSync(aside, file);
  } catch {
    // A third has taken its place: one of the two will see that it does not hold the file.
  } finally {
    remove(aside);
  }
}

function holderOf(text: string, file: string): string {
  const pid = pidIn(text);
  if (pid === null) return `it holds no number of a process; remove it if no daemon uses it: rm ${file}`;
  const name = nameOfProcess(pid);
  return `process ${pid}${name === null ? '' : ` (${name})`} is running; stop it, or, if it is another program, remove the file: rm ${file}`;
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It is gone already, or the folder is not ours any more.
  }
}
