import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLogConfig } from '../../../src/adapters/pino/config/read-log-config.js';
import { PinoLogger } from '../../../src/adapters/pino/pino-logger.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-logconfig-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text.replaceAll('DIR', folder));
  return file;
}

function open(name: string, text: string): PinoLogger {
  return PinoLogger.configured(readLogConfig(write(name, text)));
}

const logged = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

/** The complaint about a file, with the folder cut out. */
function complaint(name: string, text: string): string {
  const file = write(name, text);
  try {
    readLogConfig(file);
  } catch (error) {
    return (error as Error).message.replaceAll(`${folder}/`, '');
  }
  return 'none';
}

const YAML = `version: 1
formatters:
  plain: {format: '%(levelname)s %(name)s %(message)s'}
handlers:
  file:
    class: logging.handlers.WatchedFileHandler
    filename: DIR/out.log
    formatter: plain
loggers:
  nodepool.builder:
    level: DEBUG
root:
  level: WARNING
  handlers: [file]
`;

const INI = `[loggers]
keys=root,builder
[handlers]
keys=file
[formatters]
keys=plain
[logger_root]
level=WARNING
handlers=file
[logger_builder]
level=DEBUG
handlers=
qualname=nodepool.builder
[handler_file]
class=FileHandler
formatter=plain
args=('DIR/out.log', 'a')
[formatter_plain]
format=%(levelname)s %(name)s %(message)s
`;

describe('logging configurations', () => {
  it.each([
    ['x.yaml', YAML],
    ['x.yml', YAML],
    [
      'x.json',
      JSON.stringify(
        {
          version: 1,
          formatters: { plain: { format: '%(levelname)s %(name)s %(message)s' } },
          handlers: { file: { class: 'logging.FileHandler', filename: 'DIR/out.log', formatter: 'plain' } },
          loggers: { 'nodepool.builder': { level: 'DEBUG' } },
          root: { level: 'WARNING', handlers: ['file'] },
        },
        null,
        '\t',
      ),
    ],
    ['x.ini', INI],
    ['x', INI],
  ])('%s sets levels and files, and its file is made anew after it was moved [BUILDER 140]', (name, text) => {
    const log = open(name, text);
    log.info('not this');
    log.warn('this');
    log.child('builder').debug('and this');
    renameSync(path.join(folder, 'out.log'), path.join(folder, 'out.log.1'));
    log.child('builder').child('x').info('here');
    log.close();
    expect(logged('out.log.1')).toBe('WARNING nodepool this\nDEBUG nodepool.builder and this\n');
    expect(logged('out.log')).toBe('INFO nodepool.builder.x here\n');
  });

  it("have our JSON lines, and the original's formatter for long messages", () => {
    const log = open(
      'x.yaml',
      `version: 1
formatters:
  json: {class: nodepool.JsonFormatter}
  lines: {(): nodepool.logconfig.MultiLineFormatter, format: '%(levelname)s %(message)s'}
handlers:
  json: {class: logging.FileHandler, filename: DIR/json, formatter: json}
  lines: {class: logging.FileHandler, filename: DIR/lines, formatter: lines}
root: {level: INFO, handlers: [json, lines]}
`,
    );
    log.child('launcher').info('one\ntwo', { node: '7', count: 2 });
    log.close();
    expect(JSON.parse(logged('json'))).toMatchObject({
      level: 'info',
      name: 'nodepool.launcher',
      message: 'one\ntwo',
      node: '7',
      count: 2,
    });
    expect(logged('lines')).toBe('INFO [node: 7] one\nINFO   two (count=2)\n');
  });

  it('have fields of their own for what a line is about', () => {
    const log = open('x.ini', INI.replace(/^format=.*$/m, 'format=%(event_id)s|%(node_request_id)s|%(node_id)s|'));
    log.warn('x', { eventId: 'e', request: '200-1', node: '7' });
    log.warn('x');
    log.close();
    expect(logged('out.log')).toBe('e|200-1|7|\n|||\n');
  });

  it('show no secrets, in whatever format', () => {
    const log = open('x.yaml', YAML);
    log.error('Connecting to https://me:SESAME@cloud/', {
      password: 'SESAME',
      err: new Error('Bearer SESAME1234567890'),
    });
    log.close();
    expect(logged('out.log')).not.toContain('SESAME');
  });

  it('say what has no effect', () => {
    const file = write('x.yaml', `${YAML}colours: yes\n`);
    const { warnings, handlers } = readLogConfig(file);
    expect(warnings).toEqual([`${file}:15: colours: is unknown and has no effect`]);
    handlers.forEach((handler) => handler.close());
  });
});

const yaml = (from: string, to: string): [string, string] => ['l.yaml', YAML.replace(from, to)];
const ini = (from: string, to: string): [string, string] => ['l.ini', INI.replace(from, to)];

describe('a logging configuration that cannot be used [BUILDER 140]', () => {
  it('is missing, or a folder', () => {
    expect(() => readLogConfig(path.join(folder, 'l.yaml'))).toThrow(
      `Unable to read logging config file at ${folder}/l.yaml`,
    );
    mkdirSync(path.join(folder, 'd.ini'));
    expect(() => readLogConfig(path.join(folder, 'd.ini'))).toThrow('d.ini (EISDIR)');
  });

  it.each([
    [...yaml('version: 1\n', ''), 'l.yaml:1: version is missing; write version: 1'],
    [...yaml('version: 1', 'version: 2'), 'l.yaml:1: version: expected 1'],
    [...yaml('version: 1', 'version: [1'), /^l\.yaml:\d+: this is no YAML: /],
    ['l.yaml', '', 'l.yaml:1: expected a dictionary with version, handlers, …'],
    ['l.json', '[]', 'l.json:1: expected a dictionary with version, handlers, …'],
    [
      ...yaml('logging.handlers.WatchedFileHandler', 'logging.handlers.SMTPHandler'),
      /^l\.yaml:6: handlers\.file\.class: logging\.handlers\.SMTPHandler is not supported; there are logging\.StreamHandler, /,
    ],
    [...yaml('formatter: plain', 'formatter: fancy'), 'l.yaml:8: handlers.file.formatter: there is no formatter fancy'],
    [...yaml('[file]', '[fle]'), 'l.yaml:14: root.handlers: there is no handler fle'],
    [...yaml('[file]', 'file'), 'l.yaml:14: root.handlers: expected a list of names, like [console]'],
    [
      ...yaml('level: DEBUG', 'level: debug'),
      /^l\.yaml:11: loggers\.nodepool\.builder\.level: debug is no level; there are CRITICAL, /,
    ],
    [
      ...yaml('DIR/out.log', 'DIR/missing/out.log'),
      'l.yaml:7: handlers.file.filename: missing/out.log cannot be made: its folder does not exist; create it first',
    ],
    [
      ...yaml('filename: DIR/out.log', 'file: DIR/out.log'),
      /^l\.yaml:7: handlers\.file\.file: the class takes no file; it takes filename, mode, /,
    ],
    [...yaml('    filename: DIR/out.log\n', ''), 'l.yaml:5: handlers.file: filename: is missing'],
    [
      ...yaml('%(message)s', '%(massage)s'),
      /^l\.yaml:3: formatters\.plain\.format: log records have no massage; there are name, /,
    ],
    [
      ...yaml('%(message)s', '100% %(message)s'),
      'l.yaml:3: formatters.plain.format: % : a percent sign that belongs to no field; write %% for one',
    ],
    [...yaml("'}", "', style: '§'}"), 'l.yaml:3: formatters.plain.style: §: expected %, { or $'],
    [
      ...yaml('{format:', '{class: my.Formatter, format:'),
      /^l\.yaml:3: formatters\.plain\.class: my\.Formatter is not supported; there are logging\.Formatter, /,
    ],
    [
      ...yaml('class: logging', '(): logging'),
      'l.yaml:6: handlers.file.(): handlers made by Python code are not supported; name a class',
    ],
    [...ini('[handlers]\nkeys=file\n', ''), 'l.ini:1: section [handlers] is missing; it lists names: keys=a,b'],
    [...ini('keys=file', 'keys=file,other'), 'l.ini:4: [handlers].keys: section [handler_other] is missing'],
    [...ini('keys=root,builder', 'keys=builder'), 'l.ini:2: [loggers].keys: root has to be among them'],
    [
      ...ini('qualname=nodepool.builder\n', ''),
      'l.ini:10: [logger_builder]: qualname is missing; it is the name of the logger',
    ],
    [
      ...ini("args=('DIR/out.log', 'a')", "args=('DIR/out.log')"),
      /^l\.ini:17: \[handler_file\]\.args: expected a tuple: .* lacks a comma/,
    ],
    [...ini("args=('DIR/out.log', 'a')", "args=(open('x'),)"), 'l.ini:17: [handler_file].args: ) is missing'],
    [...ini("'a')", "'r')"), "l.ini:17: [handler_file].args: mode: expected 'a' (append) or 'w' (empty it first)"],
    [
      ...ini("'a')", "'a', 1, 2, 3, 4)"),
      /^l\.ini:17: \[handler_file\]\.args: too many arguments; the class takes filename, /,
    ],
    [
      ...ini('out.log', 'out%s.log'),
      /^l\.ini:17: \[handler_file\]\.args: .*: a percent sign has to be written twice here$/,
    ],
    [...ini('class=FileHandler\n', ''), 'l.ini:14: [handler_file]: class is missing'],
    [...ini('level=DEBUG', 'level=LOUD'), /^l\.ini:11: \[logger_builder\]\.level: LOUD is no level/],
    ['l.conf', 'just text', 'l.conf:1: expected a section like [loggers]'],
    ['l.conf', '[loggers]\nkeys', 'l.conf:2: keys: expected name=value'],
    ['l.conf', '[a]\n[a]\n', 'l.conf:2: section [a] is there twice; merge the two'],
  ])('%s is told of: %#', (name, text, expected) => {
    const found = complaint(name, text);
    if (typeof expected === 'string') expect(found).toBe(expected);
    else expect(found).toMatch(expected);
  });
});
