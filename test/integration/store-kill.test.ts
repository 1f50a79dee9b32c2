import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import { checkBuilt, ROOT } from '../support/daemon-build.js';
import { temporaryStore } from '../support/durable-world.js';

/** `NODEPOOL_STORE_KILLS` makes it more or less. */
const KILLS = Number(process.env['NODEPOOL_STORE_KILLS'] ?? 200);
/** Stores that share the kills, each with a history of its own: one writer alone leaves a core idle. */
const STORES = 2;
const WRITER = join(ROOT, 'test/fixtures/programs/store-writer.mjs');

let places: readonly Awaited<ReturnType<typeof temporaryStore>>[] = [];
beforeAll(async () => {
  checkBuilt();
  places = await Promise.all(Array.from({ length: STORES }, () => temporaryStore()));
});
afterAll(() => Promise.all(places.map((place) => place.remove())));

interface Life {
  readonly found: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** Record and value, or `-` when it was removed, in the order of the answers. */
  readonly answered: readonly (readonly [string, string])[];
}

/** Lets the writer run until it has told what it found, and for a moment more. */
async function live(directory: string, first: number, moment: number): Promise<Life> {
  const writer = spawn(process.execPath, [WRITER, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let complaint = '';
  writer.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
  const told = new Promise<void>((resolve) => {
    writer.stdout.on('data', (data: Buffer) => {
      const before = output.includes('\n');
      output += data.toString();
      if (!before && output.includes('\n')) resolve();
    });
  });
  const closed = once(writer, 'close');
  await Promise.race([told, closed]);
  await Promise.race([new Promise((resolve) => setTimeout(resolve, moment)), closed]);
  writer.kill('SIGKILL');
  await closed;
  expect(complaint).toBe('');
  const [head = '', ...lines] = output.split('\n').slice(0, -1);
  const { found, warnings } = JSON.parse(head) as Omit<Life, 'answered'>;
  return { found, warnings, answered: lines.map((line) => line.split(' ') as [string, string]) };
}

/** @returns how many writes were answered */
async function killAgainAndAgain(directory: string, kills: number, seed: number): Promise<number> {
  const random = new SeededRandom(seed);
  /** What must be there at least. */
  const promised = new Map<string, number | '-'>();
  let writes = 0;
  for (let round = 0; round <= kills; round++) {
    const life = await live(directory, (round + 1) * 1_000_000, random.next() * 60);
    expectKept(promised, life);
    expectWhole(life);
    promise(promised, life);
    writes += life.answered.length;
  }
  return writes;
}

function expectKept(promised: ReadonlyMap<string, number | '-'>, { found }: Life): void {
  const numberOf = (record: string): number => Number(found[record]?.replace(/\.*$/, ''));
  for (const [record, value] of promised) {
    if (value === '-') expect(found[record], record).toBeUndefined();
    else expect(numberOf(record), record).toBeGreaterThanOrEqual(value);
  }
}

function expectWhole({ found, warnings }: Life): void {
  expect(warnings).toEqual([]);
  for (const [record, text] of Object.entries(found)) {
    if (record.startsWith('/counters/')) expect(text).toMatch(/^\d+\.+$/);
    if (/^\/pairs\/\d+\/child$/.test(record)) expect(text).toHaveLength(200);
    // Parent and child are made in one call, and those of every thirtieth pair stay.
    const pair = /^\/pairs\/(\d+)$/.exec(record)?.[1];
    if (pair !== undefined && Number(pair) % 30 === 0) expect(found).toHaveProperty([`${record}/child`]);
  }
}

function promise(promised: Map<string, number | '-'>, { answered }: Life): void {
  for (const [record, value] of answered) {
    // Pairs stay what they are; only the last lives of a counter count.
    if (record.startsWith('/counters') || value === '-') promised.set(record, value === '-' ? '-' : Number(value));
    else if (promised.get(record) !== '-') promised.set(record, Number(value));
  }
  const inDoubt = (record: string, value: number | '-'): boolean =>
    record.startsWith('/pairs') && value !== '-' && value % 30 !== 0;
  // Its removal may have been done without an answer.
  for (const [record, value] of [...promised]) if (inDoubt(record, value)) promised.delete(record);
}

describe('a store whose process is killed', () => {
  it(`[S6] loses and tears nothing that was answered, ${KILLS} times`, { timeout: 600_000 }, async () => {
    const each = Math.ceil(KILLS / STORES);
    const writes = await Promise.all(places.map((place, at) => killAgainAndAgain(place.directory, each, 6 + at)));
    for (const count of writes) expect(count).toBeGreaterThan(each);
  });
});
