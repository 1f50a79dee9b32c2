import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAge } from '../../../src/domain/presentation/age.js';
import { displayWidth } from '../../../src/domain/presentation/display-width.js';
import { cellText } from '../../../src/domain/presentation/listing.js';
import { NODE_DETAILS, NODES } from '../../../src/domain/presentation/listings.js';
import { renderTable } from '../../../src/domain/presentation/pretty-table.js';
import { pythonJson } from '../../../src/domain/presentation/python-json.js';

describe('ages', () => {
  test.each([
    [0, '00:00:00:00'],
    [59.9, '00:00:00:59'],
    [90_061, '01:01:01:01'],
    [2 * 86_400 + 3 * 3_600 + 4 * 60 + 5, '02:03:04:05'],
    [123 * 86_400, '123:00:00:00'],
    [-5, '00:00:00:00'],
  ])('%d seconds are %s [BUILDER 118]', (seconds, text) => {
    expect(formatAge(seconds)).toBe(text);
  });

  test('the parts add up to the seconds', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e9 }), (seconds) => {
        const [days = 0, hours = 0, minutes = 0, rest = 0] = formatAge(seconds).split(':').map(Number);
        expect(((days * 24 + hours) * 60 + minutes) * 60 + rest).toBe(seconds);
      }),
    );
  });
});

describe('tables', () => {
  test('an empty table prints its header and two closing rules [BUILDER 116]', () => {
    expect(renderTable(['Provider', 'Name', 'Image ID'], [])).toBe(
      [
        '+----------+------+----------+',
        '| Provider | Name | Image ID |',
        '+----------+------+----------+',
        '+----------+------+----------+',
      ].join('\n'),
    );
  });

  test('cells of several lines', () => {
    expect(renderTable(['A', 'B'], [['one\ntwo', 'x']])).toBe(
      ['+-----+---+', '| A   | B |', '+-----+---+', '| one | x |', '| two |   |', '+-----+---+'].join('\n'),
    );
  });

  test('wide characters take two columns, combining marks none', () => {
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('u\u0308')).toBe(1);
    expect(renderTable(['A'], [['日本'], ['abc']])).toContain('| 日本 |\n| abc  |');
  });

  test('records cannot control the terminal', () => {
    expect(renderTable(['A'], [['\u001b[2Jx\ty\u009b']])).toContain('| \\x1b[2Jx y\\x9b |');
  });

  test('all lines are equally wide, whatever stands in the cells', () => {
    const row = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const widths = renderTable(['Left', 'Right'], rows).split('\n').map(displayWidth);
        expect(new Set(widths).size).toBe(1);
      }),
    );
  });
});

describe('cells', () => {
  test.each([
    [null, ''],
    [undefined, ''],
    ['', ''],
    [true, 'True'],
    [false, 'False'],
    [22, '22'],
    [['a', 'b'], 'a,b'],
    [[], ''],
    [{ a: [1, null] }, "{'a': [1, None]}"],
  ])('%j is %j [BUILDER 117]', (value, text) => {
    expect(cellText(value)).toBe(text);
  });

  test('nodes have 9 columns, in detail 21 [BUILDER 115]', () => {
    expect(NODES).toHaveLength(9);
    expect(NODE_DETAILS).toHaveLength(21);
    expect(NODE_DETAILS.slice(0, 9)).toEqual(NODES);
  });
});

describe('JSON as Python writes it [BUILDER 4.1]', () => {
  test('separators and escapes', () => {
    expect(pythonJson([{ a: 1, b: [true, null, 'é😀"\n\u2028\u007f'], c: {} }])).toBe(
      '[{"a": 1, "b": [true, null, "\\u00e9\\ud83d\\ude00\\"\\n\\u2028\\u007f"], "c": {}}]',
    );
    expect(pythonJson([])).toBe('[]');
  });

  test('it is ASCII and means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = pythonJson(value);
        expect(text).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
