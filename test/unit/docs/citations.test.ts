import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { document, ROOT } from './documents.js';

const SPECIFICATIONS: Readonly<Record<string, string>> = {
  LAUNCHER: document('docs/spec/launcher.md').text,
  BUILDER: document('docs/spec/builder.md').text,
};
const CITATION = /spec (LAUNCHER|BUILDER) (\d+(?:\.\d+)*)/g;

function citationsIn(file: string): readonly { readonly document: string; readonly section: string }[] {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  return [...text.matchAll(CITATION)].map(([, document = '', section = '']) => ({ document, section }));
}

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => name.endsWith('.ts') || name.endsWith('.mjs'));
}

function hasSection(specification: string, section: string): boolean {
  return (SPECIFICATIONS[specification] ?? '').includes(`<a id="${section}"></a>`);
}

describe('citations of the specifications', () => {
  const files = ['src', 'test', 'scripts'].flatMap(sourceFiles);

  it('lead to sections that are there', () => {
    const dead = files.flatMap((file) =>
      citationsIn(file)
        .filter(({ document, section }) => !hasSection(document, section))
        .map(({ document, section }) => `${file}: spec ${document} ${section}`),
    );
    expect(dead).toEqual([]);
  });

  it('are many: the code says which sentence it keeps', () => {
    expect(files.flatMap(citationsIn).length).toBeGreaterThan(200);
  });

  it('would be missed if their section were gone', () => {
    expect(hasSection('LAUNCHER', '2.10')).toBe(true);
    expect(hasSection('LAUNCHER', '2.99')).toBe(false);
  });
});
