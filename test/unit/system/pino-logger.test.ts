import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PinoLogger } from '../../../src/adapters/pino/pino-logger.js';
import type { PinoLoggerOptions } from '../../../src/adapters/pino/pino-logger.js';
import { errorFields } from '../../../src/ports/telemetry/logger.js';

const MOMENT = new Date(2019, 1, 26, 16, 0, 35, 123).getTime();
const STAMP = '2019-02-26 16:00:35,123';

describe('the log', () => {
  let folder: string;
  let file: string;
  const open: PinoLogger[] = [];
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-test-'));
    file = path.join(folder, 'nodepool.log');
  });
  afterEach(() => {
    for (const logger of open.splice(0)) logger.close();
    rmSync(folder, { recursive: true });
  });

  const logger = (options: PinoLoggerOptions = {}): PinoLogger => {
    const made = PinoLogger.open({ target: { file }, now: () => MOMENT, ...options });
    open.push(made);
    return made;
  };
  const text = (): string => readFileSync(file, 'utf8');

  it('has lines as the Python daemons write them', () => {
    const log = logger();
    log.child('launcher').info('Starting');
    log.warn('Careful');
    log.error('Broken');
    log.debug('Not shown');
    expect(text()).toBe(
      `${STAMP} INFO nodepool.launcher: Starting\n${STAMP} WARNING nodepool: Careful\n${STAMP} ERROR nodepool: Broken\n`,
    );
  });

  it('tells what a line is about before the message, and other facts after it', () => {
    const log = logger()
      .child('launcher')
      .child('handler', { request: '100-0000000001', eventId: 'abc', pool: 'main' });
    log.info('Launching', { node: '0000000007', attempt: 1, image: 'a b', because: [{ code: 'X' }], az: null });
    expect(text()).toBe(
      `${STAMP} INFO nodepool.launcher.handler: [e: abc] [node_request: 100-0000000001] [node: 0000000007] ` +
        `Launching (pool=main, attempt=1, image="a b", because=[{"code":"X"}])\n`,
    );
  });

  it('gives every line of a long message the whole prefix', () => {
    logger().info('one\ntwo\n\nthree\n', { node: '7' });
    const prefix = `${STAMP} INFO nodepool: `;
    expect(text()).toBe(`${prefix}[node: 7] one\n${prefix}  two\n${prefix}  \n${prefix}  three\n`);
  });

  it('prints messages of errors with their causes, and stacks only when debugging', () => {
    const error = new Error('cannot launch', { cause: new Error('no route') });
    const log = logger({ levels: new Map([['nodepool.deep', 'debug']]) });
    log.error('Failed', errorFields(error));
    expect(text()).toBe(`${STAMP} ERROR nodepool: Failed: cannot launch: caused by no route\n`);
    log.child('deep').error('Failed', errorFields(error));
    expect(text()).toMatch(/nodepool\.deep: {3}Error: cannot launch\n/);
    expect(text()).toMatch(/nodepool\.deep: {7}at .*pino-logger\.test/);
    expect(text()).toMatch(/nodepool\.deep: {3}caused by: Error: no route\n/);
  });

  it('survives an error that is none', () => {
    logger().error('Failed', errorFields('just text'));
    expect(text()).toBe(`${STAMP} ERROR nodepool: Failed (err="just text")\n`);
  });

  it('can be lines of JSON', () => {
    const log = logger({ format: 'json' });
    log
      .child('x', { node: '7' })
      .error('Failed', { ...errorFields(new TypeError('bad')), count: 2, time: 'theirs', level: 3 });
    expect(JSON.parse(text())).toEqual({
      level: 'error',
      node: '7',
      err: { type: 'TypeError', message: 'bad' },
      count: 2,
      field_time: 'theirs',
      field_level: 3,
      time: new Date(MOMENT).toISOString(),
      name: 'nodepool.x',
      message: 'Failed',
    });
  });

  it('has levels, also for single loggers and those below them', () => {
    const log = logger({
      level: 'warn',
      levels: new Map([
        ['nodepool.builder', 'debug'],
        ['nodepool.builder.x', 'error'],
      ]),
    });
    for (const name of ['launcher', 'builder', 'builders']) log.child(name).info(name);
    log.child('builder').child('y').debug('below');
    log.child('builder').child('x').warn('not this');
    expect(text()).toBe(`${STAMP} INFO nodepool.builder: builder\n${STAMP} DEBUG nodepool.builder.y: below\n`);
  });

  it.each(['text', 'json'] as const)('shows no secrets (%s)', (format) => {
    const log = logger({ format, level: 'debug' });
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nSESAME\n-----END OPENSSH PRIVATE KEY-----';
    log.info(`Connecting to https://me:SESAME@cloud/ with ${key} and Bearer SESAME1234567890`, {
      password: 'SESAME',
      auth: { user: 'me', pass: 'SESAME' },
      nested: { list: [{ clientSecret: 'SESAME' }], map: new Map([['api-key', 'SESAME']]) },
      connectionPort: { token: 'SESAME' },
      url: 'https://me:SESAME@cloud/',
      ...errorFields(new Error('https://me:SESAME@cloud/ refused', { cause: new Error(`bad key ${key}`) })),
      hostKeys: ['ssh-rsa PUBLIC'],
    });
    expect(text()).not.toContain('SESAME');
    expect(text()).toContain('ssh-rsa PUBLIC');
    expect(text()).toContain('https://me:[redacted]@cloud/');
  });

  it('takes values that are no JSON', () => {
    const loop: Record<string, unknown> = {};
    loop['loop'] = loop;
    for (const format of ['text', 'json'] as const) {
      const log = logger({ format });
      log.info('odd', { loop, big: 10n, fn: () => 1, bytes: new Uint8Array(3), undef: undefined, nan: NaN });
    }
    expect(text().split('\n')).toHaveLength(3);
  });

  it('loses nothing when it is closed, and is silent afterwards', () => {
    const log = logger();
    for (let line = 0; line < 5000; line++) log.info(`line ${line}`);
    expect(text().split('\n')).toHaveLength(5001);
    log.info('last');
    log.close();
    log.close();
    log.info('too late');
    expect(text().split('\n').at(-2)).toContain('last');
  });

  it('appends to its file, and follows when the file was moved away', () => {
    const first = logger();
    first.info('before');
    first.close();
    const second = logger();
    second.info('again');
    renameSync(file, `${file}.1`);
    second.info('after');
    expect(text()).toContain('after');
    expect(readFileSync(`${file}.1`, 'utf8')).toContain('again');
    expect(readFileSync(`${file}.1`, 'utf8')).toContain('before');
  });

  it('cannot be opened where there is no folder', () => {
    expect(() => PinoLogger.open({ target: { file: path.join(folder, 'missing', 'x.log') } })).toThrow('ENOENT');
  });
});
