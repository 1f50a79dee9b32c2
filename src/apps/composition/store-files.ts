import { createHash, randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { noteBackup } from '../../adapters/level/backup-note.js';
import { LevelEngine } from '../../adapters/level/level-engine.js';
import { syncFolder, TREE_FOLDER } from '../../adapters/level/store-directory.js';
import { changesFor, lineOf, linesOf } from '../../adapters/memory/durable/contents.js';
import { DurableTree } from '../../adapters/memory/durable/durable-tree.js';
import { giveToOwner } from '../../adapters/system/give-to-owner.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import type { StoreLine } from '../../ports/administration/store-contents.js';
import { parseStoreLine } from '../../ports/administration/store-contents.js';
import { StoreDamagedError, StoreUnusableError } from '../../ports/coordination/store-engine.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { withWayOut } from './durable-store.js';
import { copyOfStore } from './store-copy.js';

export { holderOf } from '../../adapters/level/store-lock.js';

const HEAD = 'nodepool-store-backup';

/** The store of a directory that no daemon has, opened as a copy. */
async function onCopy<T>(directory: string, act: (opened: DurableTree, warnings: readonly string[]) => T): Promise<T> {
  const copy = await copyOfStore(directory);
  const warnings: string[] = [];
  const logger = collecting(warnings);
  try {
    const engine = new LevelEngine(copy.directory);
    const clock = new SystemClock();
    const opened = await DurableTree.open({ engine, place: directory, clock, logger, sessionTimeout: Infinity });
    try {
      return act(opened, warnings);
    } finally {
      await opened.close();
    }
  } catch (error) {
    throw error instanceof StoreDamagedError
      ? await withWayOut(directory, new StoreDamagedError(directory, error.damage, { cause: error }))
      : error;
  } finally {
    await copy.remove();
  }
}

function collecting(warnings: string[]): Logger {
  const nothing = (): void => undefined;
  const logger: Logger = {
    debug: nothing,
    info: nothing,
    warn: (text) => void warnings.push(text),
    error: (text) => void warnings.push(text),
    child: () => logger,
  };
  return logger;
}

export function linesOfFiles(directory: string, whole: boolean): Promise<readonly StoreLine[]> {
  return onCopy(directory, ({ tree }) => linesOf(tree, whole));
}

/** Every record, those of sessions as well, with all that is known of it. */
export function dumpStore(directory: string, print: (line: object) => void): Promise<void> {
  return onCopy(directory, ({ tree }) => {
    for (const [name, record] of tree.walk())
      print({ ...lineOf(name, record, true), ephemeral: record.owner !== null });
  });
}

/** Answers the exit status: 0 when a daemon would start upon the store. */
export async function checkStore(directory: string, print: (line: string) => void): Promise<number> {
  try {
    await onCopy(directory, ({ tree }, warnings) => {
      for (const words of warnings) print(words);
      print(`The store ${directory} is sound: ${tree.size} records`);
    });
    return 0;
  } catch (error) {
    if (error instanceof StoreUnusableError) throw error;
    print(asError(error).message.replace('; nodepool store check tells more', ''));
    return 1;
  }
}

/** A backup is a head, the records, and a checksum over all lines before it. The file is there as a whole or not at all, mode 0600. */
export async function writeBackup(file: string, lines: readonly StoreLine[]): Promise<void> {
  const texts = [{ [HEAD]: 1, records: lines.length }, ...lines].map((line) => `${JSON.stringify(line)}\n`);
  const sum = createHash('sha256');
  for (const text of texts) sum.update(text);
  const draft = `${file}.new-${randomUUID()}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile([...texts, `${JSON.stringify({ sha256: sum.digest('hex') })}\n`].join(''));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    await syncFolder(path.dirname(path.resolve(file)));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new Error(`${file} cannot be written: ${asError(error).message}`, { cause: error });
  }
}

/** A note that cannot be written is no reason to call a backup failed. */
export async function noteBackupOf(directory: string, file: string, records: number): Promise<void> {
  const made = isoTime();
  await noteBackup(directory, { file: path.resolve(file), made, records }).catch(() => undefined);
  await giveToOwner(directory);
}

/** @throws Error unless the backup is whole */
export async function readBackup(file: string): Promise<readonly StoreLine[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(`${file} cannot be read: ${asError(error).message}`, { cause: error });
  });
  const end = text.lastIndexOf('\n', text.length - 2) + 1;
  const body = text.slice(0, end);
  const expected = `${JSON.stringify({ sha256: createHash('sha256').update(body).digest('hex') })}\n`;
  if (!body.startsWith(`{"${HEAD}":1,`)) throw new Error(`${file} is no backup of a store`);
  if (text.slice(end) !== expected) throw new Error(`${file} is damaged or not whole: its checksum is wrong`);
  return parseAll(body.split('\n').slice(1, -1), file, 2);
}

export async function readLines(stdin: Readable): Promise<readonly StoreLine[]> {
  const parts: Buffer[] = [];
  for await (const part of stdin) parts.push(Buffer.from(part as Uint8Array | string));
  const texts = Buffer.concat(parts).toString('utf8').split('\n');
  const lines = texts.at(-1) === '' ? texts.slice(0, -1) : texts;
  if (lines.length === 0) throw new Error('The input is empty; nothing was imported');
  return parseAll(lines, 'the input', 1);
}

function parseAll(texts: readonly string[], place: string, first: number): readonly StoreLine[] {
  return texts.map((text, index) => {
    try {
      return parseStoreLine(text);
    } catch (error) {
      throw new Error(`${place}, line ${index + first}: ${asError(error).message}`, { cause: error });
    }
  });
}

/**
 * Makes a store hold these records, all of them or, when anything is wrong, as before. Answers what else is to be told.
 * @throws Error when it is not empty, unless forced
 */
export async function replaceContents(
  directory: string,
  lines: readonly StoreLine[],
  force: boolean,
): Promise<readonly string[]> {
  const changes = changesFor(lines, new SystemClock().now());
  const words: string[] = [];
  const known: string[] = [];
  let engine = new LevelEngine(directory);
  try {
    await engine.load((key) => known.push(key));
  } catch (error) {
    if (!(error instanceof StoreDamagedError) || !force) throw error;
    known.length = 0;
    const aside = `${TREE_FOLDER}.damaged-${isoTime().replace(/[:.]/g, '-')}`;
    await rename(path.join(directory, TREE_FOLDER), path.join(directory, aside));
    words.push(`What was damaged is kept as ${path.join(directory, aside)}`);
    engine = new LevelEngine(directory);
    await engine.load((key) => known.push(key));
  }
  try {
    const records = known.filter((key) => key.startsWith('/') && key !== '/').length;
    if (records > 0 && !force)
      throw new Error(`The store ${directory} is not empty: it holds ${records} records; --force writes over them`);
    const kept = new Set(changes.map(({ key }) => key));
    const gone = known.filter((key) => !kept.has(key) && key !== '/').map((key) => ({ key, value: null }));
    await engine.append([...gone, ...changes]);
    await engine.compact();
  } finally {
    await engine.close();
  }
  await giveToOwner(directory);
  return words;
}

function isoTime(): string {
  return new Date(new SystemClock().now() * 1000).toISOString();
}
