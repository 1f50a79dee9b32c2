import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MUTATIONS } from '../simulation/mutations.js';
import { AREAS } from './catalogue.js';
import type { SourceMutation } from './source-mutation.js';

export const MUTATIONS_PAGE = 'docs/mutations.md';

/** That a mutation was found, by what, and of which texts that is known. */
export interface Finding {
  readonly by: string;
  readonly digest: string;
}

/** By the mutation's name. */
export type Findings = Readonly<Record<string, Finding>>;

/** Changes with everything that is nearest to the mutation: itself, the file that it is made in, and who has to find it. */
export function digestOf(root: string, mutation: SourceMutation): string {
  const { file, find, replace, foundBy } = mutation;
  const finders = 'test' in foundBy ? [foundBy.test] : simulator(root);
  const hash = createHash('sha256').update(JSON.stringify([find, replace]));
  for (const name of [file, ...finders]) hash.update(readFileSync(path.join(root, name)));
  return hash.digest('hex').slice(0, 12);
}

function simulator(root: string): readonly string[] {
  const folder = 'test/simulation';
  return readdirSync(path.join(root, folder), { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith(`${folder}/wire/`))
    .sort();
}

/** The page that says which defects are found by what. */
export function page(findings: Findings): string {
  const count = AREAS.reduce((sum, { mutations }) => sum + mutations.length, MUTATIONS.length);
  const lines = [
    '# Which defects are found by what',
    '',
    `${count} deliberate defects ("mutations"), and what finds each of them. Written by \`npm run mutations\`; a test checks that it is what was`,
    'found. A defect that nothing finds is a promise that nobody keeps watch over.',
    '',
    '- `npm run test:mutations` runs the simulator on the defects of the first list.',
    '- `npm run mutations` plants those of the tables whose code or test has changed since they were found the last time',
    '  (`test/mutations/findings.json`). `npm test` does both, and writes nothing.',
    '- `npm run mutations -- --all` plants all of them, as before a release.',
    '- `npm run mutations -- --only WORDS` plants those whose names have these words.',
    '',
    '## Found by the simulator within 200 worlds',
    '',
    'A launcher that',
    '',
    ...MUTATIONS.map(({ name }) => `- ${name}`),
  ];
  for (const { title, mutations } of AREAS) {
    lines.push('', `## ${title}`, '', '| defect | found by |', '|---|---|');
    for (const { name } of mutations) lines.push(`| ${name} | ${findings[name]?.by ?? 'nothing yet'} |`);
  }
  return `${lines.join('\n')}\n`;
}
