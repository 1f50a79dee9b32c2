import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLogConfig } from '../../../src/adapters/pino/config/read-log-config.js';
import { PinoLogger } from '../../../src/adapters/pino/pino-logger.js';
import { document, fencedBlocks, ROOT } from './documents.js';

const guide = document('docs/guide/daemons.md');
const blocks = fencedBlocks(guide);
const yaml = blocks.find(({ text }) => text.startsWith('# logging.yaml\n'))?.text ?? '';
const ini = blocks.find(({ text }) => text.startsWith('# logging.conf\n'))?.text ?? '';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-docs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(name: string, text: string): PinoLogger {
  const file = path.join(folder, name);
  writeFileSync(file, text.replaceAll('/var/log/nodepool/', `${folder}/`));
  const config = readLogConfig(file);
  expect(config.warnings).toEqual([]);
  return PinoLogger.configured(config);
}

describe('the logging configurations of the guide', () => {
  it('write a file for people and one for programs, with the debug dump', () => {
    const log = open('logging.yaml', yaml);
    log.info('for both');
    log.debug('for nobody');
    log.child('stack_dump').debug('in the file for programs');
    log.close();
    expect(readFileSync(path.join(folder, 'nodepool.log'), 'utf8')).toMatch(/^\S+ \S+ INFO nodepool: for both\n$/);
    const lines = readFileSync(path.join(folder, 'nodepool.json'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
      'for both',
      'in the file for programs',
    ]);
  });

  it('rotate the log of the builder at midnight', () => {
    const log = open('logging.conf', ini);
    log.child('builder').child('x').debug('building');
    log.close();
    expect(readdirSync(folder).sort()).toEqual(['builder.log', 'logging.conf']);
    expect(readFileSync(path.join(folder, 'builder.log'), 'utf8')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d DEBUG {4}nodepool\.builder\.x building\n$/,
    );
  });

  it('is the one that the packaging has', () => {
    const packaged = readFileSync(path.join(ROOT, 'packaging/debian/logging.yaml'), 'utf8');
    const plain = (text: string): string => text.replace(/^\s*#.*\n/gm, '');
    expect(plain(packaged)).toBe(plain(yaml));
  });
});
