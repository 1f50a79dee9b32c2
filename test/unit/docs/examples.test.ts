import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { NODEPOOL_PROGRAM } from '../../../src/adapters/cli/nodepool-program.js';
import { parseArguments } from '../../../src/adapters/cli/parse-arguments.js';
import { daemonProgram } from '../../../src/apps/main/daemon-arguments.js';
import { load, validate, warningsOf } from '../config/config-harness.js';
import { commandLines, DOCUMENTS, exists, fencedBlocks, ROOT, sourceText } from './documents.js';

const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
};

const isClouds = (text: string): boolean => text.startsWith('# clouds.yaml\n');
/** Executed in logging-examples.test.ts. */
const isLogging = (text: string): boolean => text.startsWith('# logging.yaml\n');

const isSecure = (text: string): boolean => text.startsWith('# secure.yaml\n');

const yamls = DOCUMENTS.flatMap((document) => {
  const blocks = fencedBlocks(document).filter(({ language }) => language === 'yaml');
  const clouds = blocks.find(({ text }) => isClouds(text))?.text;
  return blocks
    .filter(({ text }) => !isClouds(text) && !isSecure(text) && !isLogging(text))
    .map((block) => ({ where: `${document.file}:${block.line}`, text: block.text, clouds }));
});

const env = { NODEPOOL_WEB_PORT: '8006', NODEPOOL_PEBBLE_TOKEN: 'pebble-token' };
const withoutTlsFiles = (text: string): string => text.replace(/^zookeeper-tls:\n(?: {2}.*\n)+/m, '');

describe('configurations in the documents', () => {
  it.each(yamls)('$where is valid, loads, and raises no warning', async ({ text, clouds }) => {
    const situation = { env, ...(clouds === undefined ? {} : { clouds }) };
    expect(await validate(text, situation)).toEqual([]);
    // Loading would look for the certificates, which are not here.
    await load(withoutTlsFiles(text), situation);
    expect(await warningsOf(withoutTlsFiles(text), situation)).toEqual([]);
  });

  it('are some', () => {
    expect(yamls.length).toBeGreaterThan(4);
  });
});

/** Words of a shell line, as far as the documents need it. */
function words(line: string): readonly string[] {
  const all = line.replace(/\s[<>] \S+/g, '').match(/(?:'[^']*'|[^\s'])+/g) ?? [];
  return all.map((word) => word.replaceAll("'", '')).filter((word) => word !== '\\');
}

function complaint(line: string): string | null {
  const [command = '', ...rest] = words(line);
  if (command === 'nodepool' && rest.length > 0) {
    const parsed = parseArguments(NODEPOOL_PROGRAM, rest, '');
    return parsed.kind === 'usage' ? parsed.text : null;
  }
  if (command === 'nodepool-launcher' || command === 'nodepool-builder') return daemonComplaint(command, rest);
  if (command === 'npm' && rest[0] === 'run') {
    const script = rest.find((word, index) => index > 0 && !word.startsWith('-')) ?? '';
    return script in manifest.scripts ? null : `there is no script ${script}`;
  }
  return null;
}

function daemonComplaint(name: string, rest: readonly string[]): string | null {
  const source = readFileSync(path.join(ROOT, `src/apps/main/${name}.ts`), 'utf8');
  const own = [...source.matchAll(/flag: '(--[a-z-]+)'(, metavar: '([A-Z_]+)')?/g)].map(([, flag = '', , metavar]) =>
    metavar === undefined ? { flag } : { flag, metavar },
  );
  const parsed = parseArguments(daemonProgram(name, '', '', own), rest, '');
  return parsed.kind === 'usage' ? parsed.text : null;
}

describe('commands in the documents', () => {
  // Specifications and decisions name commands; they do not show them.
  it.each(DOCUMENTS.filter(({ file }) => !/^docs\/(adr|spec)\//.test(file)))(
    'of $file exist, with their options',
    (document) => {
      const systemd = fencedBlocks(document)
        .filter(({ language }) => language === 'ini')
        .flatMap(({ text }) =>
          [...text.matchAll(/^ExecStart=\/usr\/local\/bin\/(.*)$/gm)].map((match) => match[1] ?? ''),
        );
      const complaints = [...commandLines(document), ...systemd]
        // "nodepool explain" is written in sentences about itself, a configuration file is no command.
        .filter((line) => !/^nodepool[^\s-]/.test(line))
        .flatMap((line) => {
          const found = complaint(line);
          return found === null ? [] : [`${line}: ${found}`];
        });
      expect(complaints).toEqual([]);
    },
  );

  it('that are linked by the installation guide are executables of the package', () => {
    const install = DOCUMENTS.find(({ file }) => file === 'docs/guide/install.md')!;
    const linked = [...install.text.matchAll(/\/opt\/nodepool\/(bin\/\S+) \/usr\/local\/bin\/(\S+)/g)];
    expect(linked.map(([, , name]) => name)).toEqual(['nodepool', 'nodepool-launcher', 'nodepool-builder']);
    for (const [, file = '', name = ''] of linked) {
      expect(manifest.bin[name]).toBe(file);
      expect(exists(file)).toBe(true);
    }
  });

  it('use environment variables that the code knows', () => {
    const source = sourceText('src');
    const named = DOCUMENTS.filter(({ file }) => !/^docs\/(adr|spec)\//.test(file)).flatMap(({ text }) =>
      [...text.matchAll(/\b(?:STATSD|NODEPOOL|OS_CLIENT)_[A-Z_]+[A-Z]\b/g)].map(([name]) => name),
    );
    const unknown = [...new Set(named)].filter((name) => !source.includes(name) && !(name in env));
    expect(unknown).toEqual([]);
  });
});
