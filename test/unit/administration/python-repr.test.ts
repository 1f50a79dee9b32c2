import { describe, expect, test } from 'vitest';
import { pythonRepr } from '../../../src/domain/presentation/python-repr.js';
import { listingTable } from '../../../src/domain/presentation/listing.js';
import { NODE_DETAILS } from '../../../src/domain/presentation/listings.js';
import { nodeRow } from '../../../src/apps/administration/node-row.js';
import { aNode } from '../../support/builders.js';

describe('values as Python shows them [C20]', () => {
  // What `print(repr(value))` answers.
  test.each([
    [
      { a: true, b: null, c: [1, "x'y", `q"'`, 1.5], d: {} },
      `{'a': True, 'b': None, 'c': [1, "x'y", 'q"\\'', 1.5], 'd': {}}`,
    ],
    ['plain', "'plain'"],
    [[1, [false]], '[1, [False]]'],
    ['tab\t\x1b\u202eé 日\x7f😀\xa0\\', String.raw`'tab\t\x1b\u202eé 日\x7f😀\xa0\\'`],
  ])('%j', (value, text) => {
    expect(pythonRepr(value)).toBe(text);
  });

  test('however deep they are nested', () => {
    let value: unknown = 'bottom';
    for (let depth = 0; depth < 100_000; depth += 1) value = [value];
    expect(pythonRepr(value)).toMatch(/^\[{33}\.\.\.\]{33}$/);
  });

  test('stand in the detailed list of nodes, and JSON stays JSON', () => {
    const row = nodeRow('0000000001', aNode({ userData: { build: 'x', ok: true }, driverData: 'text' }), false);
    const columns = NODE_DETAILS.filter(({ key }) => key.endsWith('_data'));
    expect(listingTable(columns, [row], 0).split('\n')[3]).toBe("| {'build': 'x', 'ok': True} | text        |");
  });
});
