import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { document, ROOT, sections, tableRows } from './documents.js';

const trial = document('docs/spec/field-trial.md');
const firstCells = (heading: string): readonly string[] =>
  tableRows(sections(trial).get(heading) ?? '').map(([cell = '']) => cell.replaceAll('`', ''));

/** Lines with titles of tests; the values of a table that a title is filled with are a part of it. */
const files = readdirSync(path.join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(?:test|suite)\.ts$/.test(name) && !name.endsWith('field-trial.test.ts'))
  .map((name) => readFileSync(path.join(ROOT, 'test', name), 'utf8').replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, ''));
const titles = files.flatMap((text) => [...text.matchAll(/'[^'\n]*\[[^'\n]*\][^'\n]*'/g)].map(([title]) => title));
/** As in `[CASE %s]`. */
const filled = files.filter((text) => text.includes('[CASE %s]')).flatMap((text) => [...text.matchAll(/'([^'\n]+)'/g)]);

const isNamed = (name: string): boolean => titles.some((title) => title.includes(`[${name}]`));

describe('what the field trial taught', () => {
  it.each(firstCells('Promises'))('%s has a test that names it', (line) => {
    expect(isNamed(line)).toBe(true);
  });

  it.each(firstCells('Inputs'))('%s is the input of a test', (input) => {
    const isIn = titles.some((title) => title.includes(`[CASE ${input}`));
    expect(isIn || filled.some(([, value]) => value === input)).toBe(true);
  });

  it('has all its lines', () => {
    expect(firstCells('Promises')).toHaveLength(27);
    expect(firstCells('Inputs')).toHaveLength(30);
    expect(isNamed('A11')).toBe(false);
  });
});
