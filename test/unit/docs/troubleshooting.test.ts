import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { builderConfigProblem } from '../../../src/apps/builder/builder-config-check.js';
import { describeReason } from '../../../src/domain/explain/reason.js';
import { load, validate } from '../config/config-harness.js';
import { document, quotedIn, ROOT, sections, sourceText, tableRows } from './documents.js';

/** Where codes of reasons are defined. */
const code = [
  sourceText('src/domain/explain'),
  readFileSync(path.join(ROOT, 'src/domain/decide/node-cleanup.ts'), 'utf8'),
  readFileSync(path.join(ROOT, 'src/domain/decide/static-machines.ts'), 'utf8'),
].join('\n');

/** Each code as a type has it: `code: 'A' | 'B'`, and `QuotaReason<'C'>` or `HeldReason<'C'>`. */
const defined = new Set(
  [...code.matchAll(/readonly code: ((?:'[A-Z_]+'(?: \| )?)+)|(?:Quota|Held)Reason<('[A-Z_]+')>/g)].flatMap(
    ([, plain, quota]) => [...(plain ?? quota ?? '').matchAll(/'([A-Z_]+)'/g)].map(([, name]) => name ?? ''),
  ),
);

const guide = document('docs/guide/troubleshooting.md');
const rows = tableRows(guide.text);
const explained = rows.flatMap(([first = '']) => quotedIn(first)).filter((word) => /^[A-Z][A-Z_]+$/.test(word));

describe('the guide to reasons', () => {
  it('shows a reason as the log does', () => {
    const numbers = { used: 8, limit: 8, need: 1 };
    const reason = { code: 'QUOTA_POOL', owner: 'cloud/main', resource: 'instances', ...numbers } as const;
    expect(guide.text).toContain(`wait: ${describeReason(reason)} (`);
  });

  it('explains every code there is', () => {
    expect(defined.size).toBeGreaterThan(50);
    expect([...defined].filter((name) => !explained.includes(name))).toEqual([]);
  });

  it('explains each once, and none that is not there', () => {
    expect(explained.filter((name) => !defined.has(name))).toEqual([]);
    expect(explained.filter((name, index) => explained.indexOf(name) !== index)).toEqual([]);
  });

  it('says of every wait and every decline what unblocks it', () => {
    for (const heading of ['Why a request waits', 'Why a request is declined']) {
      for (const row of tableRows(sections(guide).get(heading) ?? '')) {
        expect(row, String(row[0])).toHaveLength(3);
        expect(row[1], String(row[0])).not.toBe('');
        expect(row[2], String(row[0])).not.toBe('');
      }
    }
  });

  it('tells the truth about a driver that is not there: its provider is out of service alone [C26]', async () => {
    const text =
      'zookeeper-servers: [{host: zk}]\nproviders: [{name: a, driver: azure}, {name: b, driver: fake, cloud: fake}]';
    const { providers } = await load(text);
    const [row] = rows.filter(([first = '']) => first.includes('unknown driver'));
    expect(providers.get('a')?.problem).toContain(quotedIn(row?.[0] ?? '')[0]);
    expect(row?.[1]).toMatch(/install `nodepool-driver-<name>`.*out of service.*the others work/);
    expect(providers.get('b')?.problem).toBeUndefined();
    expect(await validate(text)).toEqual([expect.stringContaining('azure: unknown driver')]);
  });

  it('knows the words of daemons that refuse to start', () => {
    const words = sourceText(
      'src/apps/main',
      'src/apps/builder',
      'src/apps/providers',
      'src/adapters/daemon',
      'src/adapters/pino',
    );
    const messages = tableRows(sections(guide).get('Daemons that do not start') ?? '').map(
      ([cell = '']) => quotedIn(cell)[0],
    );
    expect(messages.filter((message) => message === undefined || !words.includes(message))).toEqual([]);
    expect(messages).toContain(builderConfigProblem({ zookeeper: null, imagesDir: null }));
  });
});
