/** The rules of the house that the linter holds (CONTRIBUTING "Rules"), and that no exception outlives its reason. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ESLint, Linter } from 'eslint';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

interface Exception {
  readonly why: string;
  readonly files: readonly string[];
  readonly may: readonly string[];
}

const { exceptions } = (await import(`${ROOT}/eslint.config.js`)) as { readonly exceptions: readonly Exception[] };
const eslint = new ESLint({ cwd: ROOT });

/** The rules that code breaks in a file of that name, apart from those that need types. */
async function broken(file: string, code: string): Promise<readonly string[]> {
  const { rules = {} } = (await eslint.calculateConfigForFile(`${ROOT}/${file}`)) as Linter.Config;
  const plain = Object.fromEntries(Object.entries(rules).filter(([name]) => !name.includes('/')));
  const messages = new Linter().verify(code, [{ files: ['**/*.ts'], rules: plain }], 'code.ts');
  return messages.map(({ ruleId, message }) => ruleId ?? message);
}

function branches(count: number): string {
  return `export function f(a) { ${'if (a) a += 1; '.repeat(count)} return a; }`;
}

function lines(count: number): string {
  return `export function f() {\n${'\n// why\ncall();\n'.repeat(count - 2)}}`;
}

const EVERYWHERE = [
  'src/domain/model/x.ts',
  'src/adapters/statsd/x.ts',
  'src/adapters/system/x.ts',
  'src/apps/main/x.ts',
  'drivers/kubernetes/src/x.ts',
];
const LIMITED = ['src/ports/compute/x.ts', 'src/adapters/statsd/x.ts', 'src/apps/composition/x.ts'];
const FREE = ['src/adapters/system/x.ts', 'src/apps/main/x.ts'];

describe('the linter', () => {
  it.each(EVERYWHERE)('lets a function of %s have 11 ways through it and 40 lines, comments aside', async (file) => {
    expect(await broken(file, branches(10))).toEqual([]);
    expect(await broken(file, branches(11))).toEqual(['complexity']);
    expect(await broken(file, lines(40))).toEqual([]);
    expect(await broken(file, lines(41))).toEqual(['max-lines-per-function']);
  });

  it.each([
    ['no-restricted-globals', 'setTimeout(() => 1, 1);'],
    ['no-restricted-globals', 'export const a = process.env;'],
    ['no-restricted-globals', 'export const a = performance.now();'],
    ['no-restricted-globals', 'void fetch("http://a");'],
    ['no-restricted-imports', 'import { setTimeout } from "node:timers/promises"; setTimeout(1);'],
    ['no-restricted-imports', 'import { setInterval } from "node:timers"; setInterval(1);'],
    ['no-restricted-imports', 'import { env } from "node:process"; env();'],
    ['no-restricted-properties', 'export const a = Math.random();'],
    ['no-restricted-properties', 'export const a = AbortSignal.timeout(1);'],
  ])('%s: keeps %s to adapters/system and apps/main', async (rule, code) => {
    for (const file of LIMITED) expect(await broken(file, code)).toEqual([rule]);
    for (const file of FREE) expect(await broken(file, code)).toEqual([]);
  });

  it('lets adapters write times as text, and nobody look at the clock', async () => {
    const text = 'export const a = (t) => new Date(t).toISOString();';
    expect(await broken('src/adapters/statsd/x.ts', text)).toEqual([]);
    expect(await broken('src/domain/model/x.ts', text)).toEqual(['no-restricted-globals']);
    for (const look of ['new Date()', 'Date.now()', 'Date()'])
      expect(await broken('src/adapters/statsd/x.ts', `export const a = ${look};`)).toEqual(['no-restricted-syntax']);
  });

  it.each([...EVERYWHERE, 'src/adapters/daemon/pid-file.ts'])(
    'lets %s have no second sameValue or groupBy',
    async (file) => {
      for (const code of [
        'export function sameValue() {}',
        'export const groupBy = () => 1;',
        'export class A { deepEqual() {} }',
      ])
        expect(await broken(file, code)).toEqual(['no-restricted-syntax']);
    },
  );

  it.each(exceptions)('has an exception because: $why', async ({ files, may }) => {
    const texts = files.map((file) => readFileSync(`${ROOT}/${file}`, 'utf8'));
    const uses = (text: string, what: string): boolean =>
      what === 'the clock' ? /\bDate\.now\b|\bnew Date\(\)/.test(text) : new RegExp(`(?<![\\w.])${what}\\b`).test(text);
    for (const what of may)
      expect(
        texts.some((text) => uses(text, what)),
        what,
      ).toBe(true);
    for (const [index, text] of texts.entries())
      expect(
        may.some((what) => uses(text, what)),
        files[index],
      ).toBe(true);
  });
});
