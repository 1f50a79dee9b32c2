import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { document, exists, quotedIn, ROOT, sections, tableRows } from './documents.js';

const page = document('docs/compatibility.md');
const parts = sections(page);

describe('the page on compatibility', () => {
  it('says of each of the 31 weaknesses how it stands, and names tests for what is mended', () => {
    const rows = tableRows(parts.get("The original's weaknesses") ?? '');
    expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 31 }, (_, index) => index + 1));
    for (const [number, , state = '', how = ''] of rows) {
      expect(['mended', 'partly', 'kept', 'open'], number).toContain(state);
      const tests = quotedIn(how).filter((name) => name.startsWith('test/'));
      expect(
        tests.filter((name) => !exists(name)),
        number,
      ).toEqual([]);
      if (state === 'mended') expect(tests, number).not.toEqual([]);
    }
  });

  it('lists as not there yet only what is not there', () => {
    const drivers = readFileSync(path.join(ROOT, 'src/apps/composition/built-in-drivers.ts'), 'utf8');
    const absent: Readonly<Record<string, boolean>> = {
      Drivers: !/openstack/i.test(drivers),
      'Plug-in drivers': !exists('src/apps/plugins'),
    };
    const text = parts.get('Not there yet') ?? '';
    const listed = Object.keys(absent).filter((what) => text.includes(what));
    expect(listed).toEqual(Object.keys(absent).filter((what) => absent[what]));
  });

  it('gives reasons for lines of the checklists only where there is no test', () => {
    const reasons = [...page.text.matchAll(/^- `(LAUNCHER|BUILDER) (\d+)(?:-(\d+))?`:/gm)];
    expect(reasons).not.toEqual([]);
    const titles = readdirSync(path.join(ROOT, 'test'), { recursive: true })
      .filter((name) => /\.(test|suite)\.ts$/.test(String(name)))
      .map((name) => readFileSync(path.join(ROOT, 'test', String(name)), 'utf8'))
      .join('\n');
    const covered = [...titles.matchAll(/\[(LAUNCHER|BUILDER) ([\d, ]+)\]/g)].flatMap(([, checklist, list = '']) =>
      list.split(',').map((line) => `${checklist ?? ''} ${line.trim()}`),
    );
    for (const [, checklist = '', from = '', to = from] of reasons) {
      for (let line = Number(from); line <= Number(to); line += 1)
        expect(covered).not.toContain(`${checklist} ${line}`);
    }
    const configuration = Array.from({ length: 40 }, (_, index) => `BUILDER ${index + 1}`);
    expect(configuration.filter((line) => !covered.includes(line))).toEqual([]);
  });
});
