import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LogHandler } from '../log-handler.js';
import { ROOT_LEVEL } from '../logger-tree.js';
import type { LoggerNode } from '../logger-tree.js';
import { buildFormatter } from './build-formatter.js';
import { buildHandler, filterNames } from './build-handler.js';
import { readDictConfig } from './dict-config.js';
import { readIniConfig } from './ini-config.js';
import { levelNumber } from './level-number.js';
import type { LogConfigDraft } from './log-config-draft.js';
import { LogConfigError } from './log-config-error.js';

/**
 * Reads a logging configuration and opens what it names: `dictConfig` in `.yaml`, `.yml` and `.json`, else `fileConfig` (spec BUILDER 3.6).
 * Relative names of log files count from the current folder. @throws LogConfigError with file, line, key and hint
 */
export function readLogConfig(file: string, now: () => number = Date.now): LogConfig {
  const text = textOf(file);
  const isDict = ['.yaml', '.yml', '.json'].includes(path.extname(file));
  return build(isDict ? readDictConfig(text, file) : readIniConfig(text, file), now());
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? '' : ` (${code ?? message})`;
    throw new LogConfigError(`Unable to read logging config file at ${file}${why}`, { cause: error });
  }
}

function build(draft: LogConfigDraft, now: number): LogConfig {
  const formatters = new Map([...draft.formatters].map(([name, one]) => [name, buildFormatter(one)]));
  const handlers = new Map<string, LogHandler>();
  const context = { formatters, filters: draft.filters, now };
  try {
    for (const [name, one] of draft.handlers) handlers.set(name, buildHandler(one, context));
    const loggers = new Map<string, LoggerNode>();
    for (const [name, one] of draft.loggers) {
      loggers.set(name, {
        level: one.level === null && name === '' ? ROOT_LEVEL : levelNumber(one.level, one.spot),
        handlers: one.handlers.map(
          (handler) => handlers.get(handler) ?? one.spot.fail('handlers', `there is no handler ${handler}`),
        ),
        propagate: one.propagate,
        filters: filterNames(one, draft.filters),
      });
    }
    return { loggers, handlers: [...handlers.values()], warnings: draft.warnings };
  } catch (error) {
    for (const handler of handlers.values()) handler.close();
    throw error;
  }
}

/** A logging configuration, ready to be used: files are open. */
export interface LogConfig {
  /** By dotted name; the root's is empty. */
  readonly loggers: ReadonlyMap<string, LoggerNode>;
  readonly handlers: readonly LogHandler[];
  /** What the file says to no effect; for the log itself. */
  readonly warnings: readonly string[];
}
