import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { AREAS } from '../../mutations/catalogue.js';
import { MUTATIONS_PAGE, page } from '../../mutations/record.js';
import type { Findings } from '../../mutations/record.js';
import { mutated } from '../../mutations/source-mutation.js';
import { MUTATIONS } from '../../simulation/mutations.js';
import { ROOT } from './documents.js';

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

describe('the planted defects', () => {
  const findings = JSON.parse(read('test/mutations/findings.json')) as Findings;
  const all = AREAS.flatMap(({ mutations }) => mutations);

  it('are at least sixty, each with a name of its own', () => {
    expect(all.length + MUTATIONS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it.each(AREAS.map((area) => [area.title, area] as const))(
    'of "%s" have a place in the sources still',
    (_title, area) => {
      for (const mutation of area.mutations) {
        const text = read(mutation.file);
        expect(mutated(text, mutation), mutation.name).not.toBe(text);
        if ('test' in mutation.foundBy)
          expect(existsSync(path.join(ROOT, mutation.foundBy.test)), mutation.name).toBe(true);
      }
    },
  );

  it('were all found, and the page says by what', () => {
    expect(all.filter(({ name }) => findings[name] === undefined).map(({ name }) => name)).toEqual([]);
    expect(read(MUTATIONS_PAGE)).toBe(page(findings));
  });
});
