import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readLogConfig } from '../../src/adapters/pino/config/read-log-config.js';
import type { LogLevel } from '../../src/adapters/pino/log-entry.js';
import { PinoLogger } from '../../src/adapters/pino/pino-logger.js';

const SCRIPT = path.join(import.meta.dirname, '../fixtures/logging/golden.py');
const PYTHON = '/usr/bin/python3';
const PYTHON_NAMES: Readonly<Record<LogLevel, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};

export interface GoldenRecord {
  /** Below nodepool, dotted; empty for nodepool itself. */
  readonly name: string;
  readonly level: LogLevel;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly message: string;
  /** Printed below the message by loggers at DEBUG. */
  readonly stack?: string;
}

/** The files of a folder with what is in them. */
export type FolderText = Readonly<Record<string, string>>;

/** For `describe.skipIf`: true, with a message, if there is no Debian Python with PyYAML; under CI that is an error. */
export function withoutPython(): boolean {
  if (spawnSync(PYTHON, ['-c', 'import yaml']).status === 0) return false;
  if (process.env['CI'] === 'true') throw new Error('No Python with PyYAML (apt-get install python3-yaml)');
  console.warn('Skipped, for want of Python with PyYAML');
  return true;
}

/** @param config its text; `logs/` is where it should write */
export function logWithPython(
  folder: string,
  name: string,
  config: string,
  records: readonly GoldenRecord[],
): FolderText {
  const file = prepare(folder, name, config);
  const shown = records.map(({ name: logger, level, created, message, stack }) => ({
    name: logger === '' ? 'nodepool' : `nodepool.${logger}`,
    level: PYTHON_NAMES[level],
    created,
    message,
    ...(stack === undefined ? {} : { exc_text: stack }),
  }));
  const input = JSON.stringify({ folder, config: file, pid: process.pid, records: shown });
  const { status, stderr } = spawnSync(PYTHON, [SCRIPT], {
    input,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  if (status !== 0 || stderr !== '') throw new Error(`Python does not log that: ${stderr}`);
  return filesOf(folder);
}

/** The same with our log. */
export function logWithOurs(
  folder: string,
  name: string,
  config: string,
  records: readonly GoldenRecord[],
): FolderText {
  const file = prepare(folder, name, config.replaceAll('logs/', `${folder}/logs/`));
  let now = records[0]?.created ?? 0;
  const log = PinoLogger.configured(
    readLogConfig(file, () => now),
    () => now,
  );
  for (const { name: logger, level, created, message, stack } of records) {
    now = created;
    const to = logger === '' ? log : log.child(logger);
    to[level](message, stack === undefined ? {} : { err: Object.assign(new Error('x'), { stack }) });
  }
  log.close();
  return filesOf(folder);
}

function prepare(folder: string, name: string, config: string): string {
  mkdirSync(path.join(folder, 'logs'), { recursive: true });
  const file = path.join(folder, name);
  writeFileSync(file, config);
  return file;
}

function filesOf(folder: string): FolderText {
  const logs = path.join(folder, 'logs');
  return Object.fromEntries(
    readdirSync(logs)
      .sort()
      .map((name) => [name, readFileSync(path.join(logs, name), 'utf8')]),
  );
}
