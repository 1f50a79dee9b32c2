import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from './documents.js';

const { isBuilt } = (await import(pathToFileURL(join(ROOT, 'scripts/lib/built.mjs')).href)) as {
  readonly isBuilt: (root: string) => boolean;
};
const { makeLink, makePlain } = (await import(pathToFileURL(join(ROOT, 'scripts/lib/builds.mjs')).href)) as Readonly<
  Record<'makeLink' | 'makePlain', (root: string) => void>
>;

let root: string;
/** Writes a file that was changed at that second. */
function at(second: number, file: string): void {
  writeFileSync(join(root, file), '');
  utimesSync(join(root, file), second, second);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nodepool-built-'));
  for (const folder of ['src/apps', 'dist/apps']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['tsconfig.json', 'tsconfig.build.json', 'src/a.ts', 'src/apps/b.ts']) at(100, file);
  for (const file of ['dist/a.js', 'dist/apps/b.js']) at(200, file);
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a second quickstart [C24]', () => {
  it('finds everything built, and builds nothing', () => {
    expect(isBuilt(root)).toBe(true);
  });

  it.each(['src/a.ts', 'src/apps/b.ts', 'src/apps/new.ts', 'tsconfig.json', 'tsconfig.build.json'])(
    'builds when %s has changed since',
    (file) => {
      at(300, file);
      expect(isBuilt(root)).toBe(false);
    },
  );

  it('builds when a part of the build is missing', () => {
    rmSync(join(root, 'dist/apps/b.js'));
    expect(isBuilt(root)).toBe(false);
    rmSync(join(root, 'dist'), { recursive: true });
    expect(isBuilt(root)).toBe(false);
  });

  it.each([
    [100, true],
    [300, false],
  ])('still knows after packing whether sources of second %i were built', (second, built) => {
    renameSync(join(root, 'dist'), join(root, '.dist-1700000000000-1'));
    symlinkSync('.dist-1700000000000-1', join(root, 'dist'));
    at(second, 'src/a.ts');
    makePlain(root);
    expect(isBuilt(root)).toBe(built);
    makeLink(root);
    expect(isBuilt(root)).toBe(built);
  });
});
