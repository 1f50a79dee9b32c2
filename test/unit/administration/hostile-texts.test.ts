import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liveRequests } from '../../../src/apps/administration/live/live-requests.js';
import { explanationJson } from '../../../src/domain/presentation/explanation-json.js';
import { listingCsv, listingJson, listingTable } from '../../../src/domain/presentation/listing.js';
import { BUILDS, NODE_DETAILS, REQUESTS } from '../../../src/domain/presentation/listings.js';
import { ListingWriter } from '../../../src/domain/presentation/listing-writer.js';
import type { NodeRow, RequestRow } from '../../../src/domain/presentation/rows.js';
import { cutText, visible, visibleJson } from '../../../src/domain/presentation/visible-text.js';
import { aRequest } from '../../support/builders.js';
import { Terminal } from '../cli/terminal.js';
import { AdministrationBench } from './administration-bench.js';

/** A title for the terminal, a colour, a C1 control sequence, a line turned round, and one more line. */
const EVIL = '\u001b]0;x\u0007\u001b[31mred\u009b2J\u202eabc\u2066\u2028';
const SHOWN = '\\x1b]0;x\\x07\\x1b[31mred\\x9b2J\\u202eabc\\u2066\\u2028';
const HIDDEN = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

let bench: AdministrationBench;
let terminal: Terminal;
beforeEach(() => {
  bench = new AdministrationBench();
  terminal = new Terminal(bench);
});
afterEach(() => bench.close());

const run = async (...argv: readonly string[]): Promise<string> => (await terminal.run(argv)).stdout;

describe('[B12] [CASE event_id with control characters] texts of others are shown as escapes', () => {
  it('in tables and CSV; JSON has the true value', async () => {
    await bench.other.requests.create('100', aRequest({ eventId: EVIL, requestor: EVIL }));
    await bench.node({ comment: EVIL, type: [EVIL], hostname: EVIL, provider: EVIL });
    for (const command of [['request-list'], ['list', '--detail'], ['explain', 'label', EVIL]]) {
      for (const format of command[0] === 'explain' ? [[]] : [[], ['--format', 'csv']]) {
        const text = await run(...command, ...format);
        expect([command, HIDDEN.exec(text)]).toEqual([command, null]);
        expect(text.replaceAll('""', '"')).toContain(SHOWN);
      }
    }
    const json = await run('request-list', '--format', 'json');
    expect(HIDDEN.exec(json)).toBeNull();
    expect(JSON.parse(json)).toEqual([expect.objectContaining({ event_id: EVIL, requestor: EVIL })]);
  });

  it('in explanations, as text and as JSON', async () => {
    const id = await bench.node({ comment: EVIL, allocatedTo: EVIL });
    const text = await run('explain', 'node', id);
    expect(HIDDEN.exec(text)).toBeNull();
    expect(text).toContain(`comment: ${SHOWN}`);
    const subject = { kind: 'label', id: EVIL } as const;
    const json = explanationJson({ subject, state: null, opinions: [] }, 0);
    expect(HIDDEN.exec(json)).toBeNull();
    expect(json).toContain('\\u202e');
    expect(JSON.parse(json)).toMatchObject({ subject: { id: EVIL } });
  });

  it('and everything else as it is', () => {
    const fine = 'größer ≠ kleiner 你好 😀 שלום';
    expect([visible(fine), visibleJson(JSON.stringify(fine))]).toEqual([fine, JSON.stringify(fine)]);
    expect(visible('a\nb\tc', '\n')).toBe('a\nb\\x09c');
    expect(visible('half \ud83d')).toBe('half \\ud83d');
  });
});

describe('[B12] what is too long is cut', () => {
  const LONG = 'é'.repeat(100_000);

  it('in tables, in CSV and on the page', () => {
    const row = { id: 'r', state: 'requested', nodeTypes: [LONG], nodes: [], declinedBy: [], eventId: LONG } as const;
    const rows: readonly RequestRow[] = [{ ...row, relativePriority: 0, requestor: LONG }];
    for (const text of [
      listingTable(REQUESTS, rows, 0),
      listingCsv(REQUESTS, rows, 0),
      [...new ListingWriter(REQUESTS).table(rows, 0)].join(''),
    ]) {
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(5000);
      expect(text).toContain('… (99000 characters more)');
    }
    expect(JSON.parse(listingJson(REQUESTS, rows, 0))).toMatchObject([{ event_id: LONG }]);
    const value = aRequest({ requestor: LONG, nodeTypes: [LONG], eventId: LONG });
    const requests = [{ id: 'r', value, version: 0 }];
    const live = liveRequests(requests, { entries: () => [] }, new Set<string>(), 0);
    expect(JSON.stringify(live).length).toBeLessThan(2000);
  });

  it('[CASE 8,000 levels] a value that is nested deeply, in lists of every form', () => {
    const userData = JSON.parse(`${'{"a":['.repeat(4000)}1${']}'.repeat(4000)}`) as unknown;
    const rows = [{ id: 'n', labels: [], userData } as unknown as NodeRow];
    expect(listingTable(NODE_DETAILS, rows, 0)).toContain("{'a': [{'a': [");
    expect([...new ListingWriter(NODE_DETAILS).table(rows, 0)].join('')).toContain("{'a': [{'a': [");
    expect(listingCsv(NODE_DETAILS, rows, 0)).toContain("'a': [");
    expect(JSON.parse(listingJson(NODE_DETAILS, rows, 0))).toMatchObject([{ id: 'n' }]);
    const lists = JSON.parse(`${'['.repeat(8000)}${']'.repeat(8000)}`) as unknown;
    expect(listingTable(NODE_DETAILS, [{ ...rows[0]!, userData: lists }], 0)).toContain('[[[[');
  });

  it('never within a character', () => {
    expect(cutText('😀'.repeat(10), 3)).toBe('😀… (18 characters more)');
    expect(cutText('abc', 3)).toBe('abc');
  });
});

describe('[B11] [CASE state_time 1e18] a moment that nobody can know is unknown', () => {
  it.each([1e18, -5, 8.64e15, 1e300])('%d in lists of every form and in explanations', async (time) => {
    const id = await bench.node({ stateTime: time });
    expect(await run('list')).toMatch(new RegExp(`${id}.*\\| unknown +\\|`));
    expect(await run('list', '--format', 'csv')).toContain(',unknown,');
    expect(JSON.parse(await run('list', '--format', 'json'))).toEqual([expect.objectContaining({ age: 'unknown' })]);
    expect(await run('explain', 'node', id)).toContain('state: ready since unknown');
    await bench.other.images.builds.create(
      { image: 'image', build: '1' },
      {
        state: 'ready',
        stateTime: time,
        builder: 'b',
        builderId: 'b',
        formats: [],
        username: 'u',
        pythonPath: 'p',
        shellType: null,
        extra: {},
      },
    );
    await bench.clock.advance(1);
    expect(await run('dib-image-list')).toMatch(/image-1 .*\| unknown +\|/);
    expect(JSON.parse(await run('dib-image-list', '--format', 'json'))).toEqual([
      expect.objectContaining({ age: null }),
    ]);
    expect(await run('explain', 'image', 'image')).toContain('1 ready since unknown');
  });

  it('others are what they were', () => {
    const row = { image: 'i', build: '1', builder: null, formats: [], state: 'ready', stateTime: 10 } as const;
    expect(listingTable(BUILDS, [row], 100)).toContain('| 00:00:01:30 |');
  });
});
