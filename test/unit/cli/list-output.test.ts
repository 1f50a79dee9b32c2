import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { choiceMeant } from '../../../src/adapters/cli/check-value.js';
import type { Listing } from '../../../src/domain/presentation/listing.js';
import {
  ALIEN_IMAGES,
  BUILDS,
  IMAGE_STATUS,
  NODE_DETAILS,
  REQUESTS,
  UPLOADS,
} from '../../../src/domain/presentation/listings.js';
import { aRequest } from '../../support/builders.js';
import { AdministrationBench } from '../administration/administration-bench.js';
import { Terminal } from './terminal.js';

let bench: AdministrationBench;
let terminal: Terminal;

beforeEach(() => {
  bench = new AdministrationBench();
  terminal = new Terminal(bench);
});

afterEach(() => bench.close());

async function output(...argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await terminal.run(argv);
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout;
}

describe('--format', () => {
  test('json is what the web interface answers, on one line', async () => {
    const id = await bench.node({ type: ['a', 'b'], publicIpv4: null });
    const rows = JSON.parse(await output('list', '--format', 'json')) as object[];
    expect(rows).toEqual([expect.objectContaining({ id, label: ['a', 'b'], public_ipv4: null, state: 'ready' })]);
    expect(Object.keys(rows[0]!)).toHaveLength(9);
    expect(JSON.parse(await output('request-list', '--format=json'))).toEqual([]);
  });

  test('table is what is printed without it', async () => {
    await bench.node();
    expect(await output('list', '--format', 'table')).toBe(await output('list'));
  });

  test('csv has the keys as headers and quotes what needs it', async () => {
    const id = await bench.node({ type: ['a', 'b'], comment: 'says "no",\nthen\u001b[31m', publicIpv4: null });
    expect(await output('list', '--format', 'csv', '--columns', 'id,label,public_ipv4,comment')).toBe(
      `id,label,public_ipv4,comment\n${id},"a,b",,"says ""no"",\nthen\\x1b[31m"\n`,
    );
    expect(await output('image-list', '--format', 'csv')).toBe(
      'id,upload_id,provider,image,external_name,external_id,state,age\n',
    );
  });

  test.each([
    ['image-list', 8],
    ['dib-image-list', 6],
    ['image-status', 4],
  ])('%s knows all of them', async (command, columns) => {
    await bench.load('17-image-paused');
    const rows = JSON.parse(await output(command, '--format', 'json')) as object[];
    expect(rows.length).toBeGreaterThan(0);
    expect(Object.keys(rows[0]!)).toHaveLength(columns);
    const csv = (await output(command, '--format', 'csv')).trimEnd().split('\n');
    expect(csv).toHaveLength(rows.length + 1);
    expect(csv[0]?.split(',')).toEqual(Object.keys(rows[0]!));
  });

  test('info and image-status --detail have two lists, in one object', async () => {
    await bench.load('09-node-held');
    expect(JSON.parse(await output('info', 'fake-provider2', '--format', 'json'))).toEqual({
      provider: 'fake-provider2',
      images: [expect.objectContaining({ image: 'fake-image' })],
      nodes: [
        { id: '0000000001', server_id: '105f51d0e7c44101ac9e9fdcf9674838' },
        { id: '0000000002', server_id: 'd8af214fdf7645858dbbdaa6c538a44c' },
      ],
    });
    expect(JSON.parse(await output('image-status', '--detail', '--format', 'json'))).toEqual({
      images: [expect.objectContaining({ image: 'fake-image' })],
      problems: [],
    });
    const csv = await terminal.run(['image-status', '--detail', '--format', 'csv']);
    expect(csv).toMatchObject({ exitCode: 1, stdout: '' });
    expect(csv.stderr).toContain('use --format json');
    expect(await terminal.run(['info', 'p', '--format', 'csv'])).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('hold and delete show their node in it, alien-image-list its images', async () => {
    const id = await bench.node();
    expect(JSON.parse(await output('hold', id, '--format', 'json'))).toEqual([
      expect.objectContaining({ id, state: 'hold' }),
    ]);
    expect(await output('delete', id, '--format', 'csv', '--columns', 'id,state')).toBe(`id,state\n${id},deleting\n`);
    expect(await output('alien-image-list', '--format', 'csv')).toBe('provider,name,external_id\n');
  });

  test('damaged records are named beside it', async () => {
    await bench.put('/nodepool/nodes/0000000005', '{');
    const { stdout, stderr } = await terminal.run(['list', '--format', 'json']);
    expect(stdout).toBe('[]\n');
    expect(stderr).toContain('Damaged record');
  });
});

describe('--columns', () => {
  test('selects and orders, also what only --detail shows, however it is written', async () => {
    const id = await bench.node({ hostname: 'np1', az: 'az1', externalId: 'x' });
    expect(await output('list', '--columns', 'Hostname, ID')).toBe(
      `+----------+------------+\n| Hostname | ID         |\n+----------+------------+\n| np1      | ${id} |\n+----------+------------+\n`,
    );
    const rows: unknown = JSON.parse(await output('list', '--columns=az,Server-ID', '--format', 'json'));
    expect(rows).toEqual([{ AZ: 'az1', server_id: 'x' }]);
  });

  test('takes headings as well as keys [C20]', async () => {
    const id = await bench.node({ externalId: 'x', publicIpv4: '192.0.2.1' });
    expect(await output('list', '--columns', 'ID,Server ID,Port,Public IPv4', '--format', 'csv')).toBe(
      `id,server_id,connection_port,public_ipv4\n${id},x,22,192.0.2.1\n`,
    );
  });

  const LISTINGS: readonly Listing<never>[] = [NODE_DETAILS, UPLOADS, BUILDS, REQUESTS, IMAGE_STATUS, ALIEN_IMAGES];
  test.each(LISTINGS.map((columns) => ({ columns })))('every heading of list %# means one column', ({ columns }) => {
    const keys = columns.map(({ key }) => key);
    const headings = columns.map(({ title }) => title);
    expect(headings.map((heading) => choiceMeant(keys, heading, headings))).toEqual(keys);
  });

  test('an unknown one is refused before anybody is connected to', async () => {
    expect(await terminal.run(['list', '--columns', 'id,colour'])).toMatchObject({ exitCode: 2, stdout: '' });
    expect(terminal.opened).toEqual([]);
  });
});

describe('colours', () => {
  const green = '\u001b[32mready\u001b[0m';

  test('are for states on a terminal, and take no room', async () => {
    await bench.node();
    await bench.node({ state: 'deleting' });
    const plain = await output('list');
    terminal.isTTY = true;
    const coloured = await output('list');
    expect(coloured).toContain(`| ${green}    |`);
    expect(coloured).toContain('| \u001b[31mdeleting\u001b[0m |');
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
  });

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('not with %j', async (environment) => {
    await bench.node();
    terminal.isTTY = true;
    terminal.environment = environment;
    expect(await output('list')).not.toContain('\u001b');
    terminal.environment = { NO_COLOR: '' };
    expect(await output('list')).toContain(green);
  });

  test('not in other formats, and not for words of others that look like states', async () => {
    await bench.other.requests.create('100', aRequest({ requestor: 'ready' }));
    terminal.isTTY = true;
    expect(await output('request-list', '--format', 'json')).not.toContain('\u001b');
    expect(await output('request-list', '--format', 'csv')).not.toContain('\u001b');
    expect(await output('request-list')).toContain('| ready     |');
  });
});
