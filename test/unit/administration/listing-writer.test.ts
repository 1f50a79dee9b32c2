import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listingJson, listingTable, type Listing } from '../../../src/domain/presentation/listing.js';
import { ListingWriter } from '../../../src/domain/presentation/listing-writer.js';
import {
  BUILDS,
  IMAGE_PROBLEMS,
  IMAGE_STATUS,
  NODE_DETAILS,
  UPLOADS,
} from '../../../src/domain/presentation/listings.js';
import type { NodeRow } from '../../../src/domain/presentation/rows.js';

const NOW = 1_700_000_000;

const node = fc.record({
  id: fc.stringMatching(/^\d{10}$/),
  provider: fc.option(fc.string({ unit: 'grapheme' })),
  labels: fc.array(fc.string(), { maxLength: 3 }),
  serverId: fc.option(fc.uuid()),
  publicIpv4: fc.constant('192.0.2.1'),
  publicIpv6: fc.constant(null),
  state: fc.constantFrom('ready', 'in-use'),
  stateTime: fc.integer({ min: NOW - 1e7, max: NOW + 100 }),
  locked: fc.boolean(),
  pool: fc.constant('main'),
  hostname: fc.option(fc.string({ unit: fc.constantFrom('a', '\n', '漢', '"', '\t', 'é') })),
  privateIpv4: fc.constant(null),
  az: fc.constant('az1'),
  username: fc.constant('zuul'),
  connectionPort: fc.constantFrom(22, 'redacted'),
  launcher: fc.constant('l'),
  allocatedTo: fc.constant(null),
  holdJob: fc.constant(null),
  comment: fc.option(fc.string()),
  userData: fc.jsonValue(),
  driverData: fc.constant({ a: [1, null] }),
}) as fc.Arbitrary<NodeRow>;

function joined(parts: Iterable<string>): string {
  return [...parts].join('');
}

describe('a list that is written again and again', () => {
  test('always reads as if it were written anew, whatever changes between', () => {
    fc.assert(
      fc.property(
        fc.array(node, { maxLength: 8 }),
        fc.array(fc.tuple(fc.subarray([0, 1, 2, 3, 4, 5, 6, 7]), fc.integer({ min: 0, max: 2e7 })), { maxLength: 5 }),
        (rows, lists) => {
          const writer = new ListingWriter(NODE_DETAILS);
          for (const [shown, later] of lists) {
            const some = shown.flatMap((index) => rows[index] ?? []);
            expect(joined(writer.json(some, NOW + later))).toBe(listingJson(NODE_DETAILS, some, NOW + later));
            expect(joined(writer.table(some, NOW + later))).toBe(listingTable(NODE_DETAILS, some, NOW + later));
          }
        },
      ),
    );
  });

  test('comes in parts of 500 rows, first the widths of all, then the lines; one odd row is laid out by itself', () => {
    const [sample] = fc.sample(node, { numRuns: 1, seed: 1 });
    const plain = { ...sample!, labels: [], provider: 'p', hostname: 'h', comment: null, userData: null };
    const rows = Array.from({ length: 1201 }, (_, index) => ({ ...plain, id: String(index), state: 'ready' as const }));
    rows[700] = { ...plain, id: '700', state: 'ready' as const, hostname: '漢\nb' };
    const writer = new ListingWriter(NODE_DETAILS);
    for (const later of [0, 3600]) {
      const [json, table] = [[...writer.json(rows, NOW + later)], [...writer.table(rows, NOW + later)]];
      expect(json).toHaveLength(3);
      expect(joined(json)).toBe(listingJson(NODE_DETAILS, rows, NOW + later));
      expect(table.map((part) => part === '')).toEqual([true, true, false, false, false]);
      expect(joined(table)).toBe(listingTable(NODE_DETAILS, rows, NOW + later));
    }
  });

  test('every column that looks at the time says so', () => {
    const all: readonly [unknown, object][] = [
      [UPLOADS, { image: 'i', build: 'b', provider: 'p', upload: 'u', state: 'ready', stateTime: NOW - 10 }],
      [BUILDS, { image: 'i', build: 'b', formats: [], state: 'ready', stateTime: NOW - 10 }],
      [IMAGE_STATUS, { image: 'i', paused: false, buildRequest: 'pending', buildRequestTime: NOW - 10 }],
      [IMAGE_PROBLEMS, { image: 'i', builder: 'b', failures: 1, problem: 'p', nextTry: NOW + 1e6 }],
    ];
    for (const [each, row] of all) {
      const listing = each as Listing<object>;
      const writer = new ListingWriter(listing);
      for (const later of [0, 61, 3_700, 90_000]) {
        const rows = [row];
        expect(joined(writer.json(rows, NOW + later))).toBe(listingJson(listing, rows, NOW + later));
        expect(joined(writer.table(rows, NOW + later))).toBe(listingTable(listing, rows, NOW + later));
      }
    }
  });
});
