import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GoldenRecord } from '../../support/python-logging.js';
import { logWithOurs, logWithPython, withoutPython } from '../../support/python-logging.js';

const MOMENT = new Date(2019, 1, 26, 16, 0, 35).getTime();
/** No zone changes its clocks in the weeks after; Python counts that twice. */
const CALM = new Date(2019, 0, 8, 16, 0, 35).getTime();
const HOUR = 3_600_000;

const RECORDS: readonly GoldenRecord[] = [
  { name: 'launcher', level: 'info', created: MOMENT + 125, message: 'Starting' },
  { name: '', level: 'warn', created: MOMENT + 250, message: 'Careful: 100% of {this} costs $5' },
  {
    name: 'PoolWorker.cloud-main.handler',
    level: 'error',
    created: MOMENT + 1500,
    message: 'Broken',
    stack: 'Error: x\n    at y',
  },
  { name: 'launcher', level: 'debug', created: MOMENT + 2000, message: 'Details\nin two lines' },
  { name: 'builder', level: 'info', created: MOMENT + 8 * HOUR, message: "it's “quoted” → ünïcode 😀" },
  { name: 'builder.x', level: 'info', created: MOMENT + 200 * 24 * HOUR, message: '' },
];

/** Stacks are printed by loggers at DEBUG only. */
const WITHOUT_STACKS = RECORDS.map(({ stack: _, ...record }) => record);

/** One handler on the root with one formatter. */
function yaml(format: object): string {
  return JSON.stringify({
    version: 1,
    formatters: { f: format },
    handlers: { h: { class: 'logging.FileHandler', filename: 'logs/out', formatter: 'f', encoding: 'utf-8' } },
    root: { level: 'DEBUG', handlers: ['h'] },
  });
}

const PERCENT = [
  '%(asctime)s %(levelname)s %(name)s: %(message)s',
  '%(asctime)s %(levelname)-8s|%(name)20s|%(name)-20s|%(name).8s|%(name)-12.5s|%(message)s',
  '%(created)f %(created).3f %(created)d %(created)s %(created)15.1f %(created)e %(created)g %(created)r',
  '%(msecs)03d %(msecs)s %(msecs)5.1f|%(msecs)+d|%(msecs)- 8d|%(levelno)05d|%(levelno)x|%(levelno)#x|%(levelno)#o|%(levelno)X|%(levelno)s',
  '%(process)d %(processName)s %(thread)d %(threadName)s %(module)s %(filename)s %(pathname)s %(lineno)d %(funcName)s',
  '%(message)r %(message)a %(levelname)r 100%% %(levelno)G %(levelno)#g %(msecs)#.0f %(msecs).0f %(levelno)+.2e',
  '%(message)s%%%(message)s%(message)80s',
];
const BRACE = [
  '{asctime} {levelname} {name}: {message}',
  '{asctime} {levelname:<8}|{levelname:>8}|{levelname:^9}|{levelname:*^9}|{name:.8}|{name:-<30}|{message!r}|{message!a}|{message!s}',
  '{created} {created:.3f} {created:,.1f} {created:015.2f} {created:e} {created:g} {created:+} {created:.4} {created:20}|{msecs:%}',
  '{levelno:03} {levelno:x} {levelno:#x} {levelno:#b} {levelno:+d} {levelno:^7}|{levelno:<5}|{levelno:=+7}|{levelno:010,} {levelno:.1f} {process} {{x}} {levelno!r:>5}',
  '{message:80}|{lineno}|{threadName}{{{levelname}}}',
];
const DOLLAR = [
  '$asctime $levelname ${name}: $message',
  '${message}$$5 $created $msecs $levelno $process$threadName',
  '$name.$levelname',
];
const DATES = [
  '%Y-%m-%dT%H:%M:%S%z',
  '%a %A %b %B %c %d %D %e %F %g %G %h %H %I %j %k %l %m %M %p %P %r %R %s %S %T %u %U %V %w %W %x %X %y %Y %C %%',
  '%d/%b/%Y %I:%M:%S %p',
];

describe.skipIf(withoutPython())(
  'the same records logged by Python and by us are the same to the byte [BUILDER 140]',
  () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-golden-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    function expectTheSame(name: string, config: string, records = RECORDS): void {
      const theirs = logWithPython(path.join(mkdtempSync(path.join(folder, 'py-'))), name, config, records);
      const ours = logWithOurs(path.join(mkdtempSync(path.join(folder, 'ts-'))), name, config, records);
      expect(ours).toEqual(theirs);
      expect(Object.values(theirs).join('').length).toBeGreaterThan(10);
    }

    it.each(PERCENT.map((format) => ({ format })))('percent format $format', ({ format }) =>
      expectTheSame('l.yaml', yaml({ format })),
    );
    it.each(BRACE)('{-format %j', (format) => expectTheSame('l.json', yaml({ format, style: '{' })));
    it.each(DOLLAR)('$-format %j', (format) => expectTheSame('l.yml', yaml({ format, style: '$' })));
    it.each(DATES)('datefmt %j', (datefmt) => expectTheSame('l.yaml', yaml({ format: '%(asctime)s', datefmt })));
    it('no format', () => expectTheSame('l.yaml', yaml({})));

    it('a tree of loggers, with levels, propagation, filters and several files', () => {
      expectTheSame('logging.yaml', TREE, WITHOUT_STACKS);
    });

    it('an INI file', () => expectTheSame('logging.conf', INI, WITHOUT_STACKS));

    it('files rotated by size', () => {
      const records = Array.from({ length: 40 }, (_, index): GoldenRecord => ({
        name: 'launcher',
        level: 'info',
        created: MOMENT + index * 1000,
        message: `line ${index} ${'x'.repeat((index * 7) % 30)}`,
      }));
      expectTheSame('logging.ini', ROTATING, records);
    });

    it.each(['S', 'M', 'H', 'D', 'midnight', 'W0', 'w5'])('files rotated by time, when=%s', (when) => {
      const step = { S: 700, M: 40_000, H: 40 * 60_000 }[when] ?? 10 * HOUR;
      const records = Array.from({ length: 40 }, (_, index): GoldenRecord => ({
        name: 'launcher',
        level: 'info',
        created: CALM + index * step,
        message: `line ${index}`,
      }));
      expectTheSame('logging.yaml', timed(when, 3), records);
      expectTheSame('logging.yaml', timed(when, 0), records);
    });
  },
);

function timed(when: string, backupCount: number): string {
  return `
version: 1
handlers:
  h: {class: logging.handlers.TimedRotatingFileHandler, filename: logs/out.log, when: ${when}, backupCount: ${backupCount}, delay: true, utc: ${backupCount > 0}}
root: {level: INFO, handlers: [h]}
`;
}

const TREE = `
version: 1
disable_existing_loggers: no
filters:
  workers: {name: nodepool.PoolWorker}
formatters:
  short: {format: '%(levelname)s %(message)s'}
  long:
    format: "%(asctime)s %(name)s: %(message)s"
    datefmt: "%H:%M"
handlers:
  all: {class: logging.FileHandler, filename: logs/all, formatter: long, level: INFO}
  builder: {class: logging.handlers.WatchedFileHandler, filename: logs/builder, formatter: short}
  workers: {class: logging.FileHandler, filename: logs/workers, filters: [workers], level: DEBUG}
  none: {class: logging.NullHandler}
  late: {class: logging.FileHandler, filename: logs/late, delay: true}
loggers:
  nodepool: {level: WARNING, handlers: [workers]}
  nodepool.launcher: {level: DEBUG}
  nodepool.builder: {level: INFO, handlers: [builder, none], propagate: no}
  nodepool.builder.x: {level: 20}
  kazoo: {level: WARN, handlers: [late]}
root: {level: DEBUG, handlers: [all]}
`;

const INI = `
[loggers]
keys=root, nodepool, builder

[handlers]
keys=all,quiet,console

[formatters]
keys=plain,brace
; a comment

[logger_root]
level=DEBUG
handlers=all

[logger_nodepool]
level: INFO
handlers =
qualname = nodepool

[logger_builder]
handlers = quiet,console
qualname = nodepool.builder
propagate = 0

[handler_all]
class=handlers.WatchedFileHandler
level=INFO
formatter=plain
args=('logs/' 'all', 'a')

[handler_quiet]
class=FileHandler
formatter=brace
args=(r'logs/quiet',)
kwargs={'mode': 'w', "delay": False, 'encoding': 'utf-8'}

[handler_console]
class=StreamHandler
level=CRITICAL
args=(sys.stdout,)

[formatter_plain]
format=%(asctime)s %(levelname)s
    %(name)s: %(message)s
datefmt=%Y-%m-%d
class=logging.Formatter

[formatter_brace]
format={levelname:>8} {message}
style={
`;

const ROTATING = `
[loggers]
keys=root
[handlers]
keys=file,single
[formatters]
keys=
[logger_root]
level=NOTSET
handlers=file,single
[handler_file]
class=logging.handlers.RotatingFileHandler
args=('logs/out', 'a', 2*100, 3)
[handler_single]
class=logging.handlers.RotatingFileHandler
args=('logs/single', 'w')
kwargs={'maxBytes': 300}
`;
