import type { FileSinkOptions } from '../sinks/file-sink.js';
import { FileSink } from '../sinks/file-sink.js';
import type { LogSink } from '../sinks/log-sink.js';
import { ROLLOVER_WORDS, RolloverPlan } from '../sinks/rollover-plan.js';
import { RotatingFileSink } from '../sinks/rotating-file-sink.js';
import { StreamSink } from '../sinks/stream-sink.js';
import { TimedRotatingFileSink } from '../sinks/timed-rotating-file-sink.js';
import type { HandlerArguments } from './handler-arguments.js';

export interface HandlerClass {
  /** Names of the arguments in Python's order. */
  readonly parameters: readonly string[];
  /** Null: records go nowhere. @throws LogConfigError, or the system's error if a file cannot be opened */
  readonly open: (args: HandlerArguments, now: number) => LogSink | null;
}

const FILE = ['filename', 'mode', 'encoding', 'delay', 'errors'] as const;

const plainFile: HandlerClass = { parameters: FILE, open: (args) => new FileSink(fileOptions(args)) };

const CLASSES: ReadonlyMap<string, HandlerClass> = new Map([
  ['StreamHandler', { parameters: ['stream'], open: (args) => new StreamSink(args.stream('stream')) }],
  ['FileHandler', plainFile],
  ['handlers.WatchedFileHandler', plainFile],
  [
    'handlers.RotatingFileHandler',
    {
      parameters: ['filename', 'mode', 'maxBytes', 'backupCount', 'encoding', 'delay', 'errors'],
      open: (args) =>
        new RotatingFileSink({
          ...fileOptions(args),
          maxBytes: args.count('maxBytes', 0),
          backupCount: args.count('backupCount', 0),
        }),
    },
  ],
  [
    'handlers.TimedRotatingFileHandler',
    {
      parameters: ['filename', 'when', 'interval', 'backupCount', 'encoding', 'delay', 'utc', 'atTime', 'errors'],
      open: (args, now) => {
        args.mustBeAbsent(
          'atTime',
          'rotating at a time of the day is not supported; leave it out to rotate at midnight',
        );
        const when = args.choice('when', ROLLOVER_WORDS, 'H');
        const interval = Math.max(1, args.count('interval', 1));
        const plan = new RolloverPlan({ when, interval, utc: args.flag('utc') });
        return new TimedRotatingFileSink({
          ...fileOptions(args),
          plan,
          backupCount: args.count('backupCount', 0),
          now,
        });
      },
    },
  ],
  ['NullHandler', { parameters: [], open: () => null }],
]);

/** `logging.handlers.WatchedFileHandler`; within INI files without `logging.`. */
export function handlerClass(name: string): HandlerClass | undefined {
  return CLASSES.get(name.replace(/^logging\./, ''));
}

export function handlerClassNames(): string {
  return [...CLASSES.keys()].map((name) => `logging.${name}`).join(', ');
}

function fileOptions(args: HandlerArguments): FileSinkOptions {
  args.encoding('encoding');
  return { file: args.file('filename'), mode: args.mode('mode'), delay: args.flag('delay') };
}
