import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../support/daemon-build.js';

interface Tool {
  readonly what: string;
  readonly packages: readonly string[];
  readonly programs?: readonly string[];
  readonly for: readonly string[];
}

const { TOOLS } = (await import(pathToFileURL(join(ROOT, 'scripts/lib/test-tools.mjs')).href)) as {
  readonly TOOLS: readonly Tool[];
};

/** How test code shows that it uses a tool: by the guard that skips it without, or by calling a program of its own. */
const SIGNS: Readonly<Record<string, RegExp>> = {
  ZooKeeper: /withoutZooKeeper\(/,
  'Python with kazoo': /withoutKazoo\(/,
  'Python with PyYAML': /withoutPython\(/,
  'the tools of systemd': /withoutSystemd\(/,
  zsh: /withoutZsh\(/,
  fish: /withoutFish\(/,
  Chromium: /withoutChromium\(/,
  promtool: /withoutPromtool\(/,
  'libvirt and QEMU': /withoutLibvirt\(/,
  Dropbear: /dropbear/,
  openssl: /\('openssl',/,
  'OpenSSH server': /withoutSshd\(/,
  'OpenSSH client': /\(\s*'(ssh|ssh-keygen)',/,
  Ansible: /\(\s*'ansible-inventory',|ansible-playbook/,
  'jq and curl': /jq and curl/,
  kubectl: /\('kubectl',/,
  'Python with the client of Kubernetes': /from kubernetes import/,
  'diskimage-builder': /withoutDiskImageBuilder\(|withoutDib\b/,
};
/** Guards that are about something else than programs of Debian. */
const OTHER_GUARDS = [
  'withoutAge',
  'withoutClient',
  'withoutCloud',
  'withoutDpkg',
  'withoutDriver',
  'withoutDrivers',
  'withoutEchoes',
  'withoutMount',
  'withoutRoot',
  'withoutSystemCopy',
  'withoutTlsFiles',
];
/** Of every Debian, and what brought the project here and runs it. */
const BASE =
  'sh bash ls dd chmod mkdir truncate md5sum mount umount losetup blkid unshare dpkg-query sshd node npm git python3 nodepool nodepool-standalone'.split(
    ' ',
  );

const TESTS: Readonly<Record<string, readonly string[]>> = {
  unit: ['test/unit'],
  contract: ['test/contract'],
  integration: ['test/integration', 'test/e2e'],
  openstack: ['test/openstack'],
};

function testFiles(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(ROOT, folder, name));
}

/** The text of a test file and of everything of `test/` that it imports. A guard's own definition is no use of it. */
function textOf(file: string, seen: Set<string>): string {
  if (seen.has(file)) return '';
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/from '(\.[^'$]+)\.js'/g)].map(([, name = '']) =>
    join(dirname(file), `${name}.ts`),
  );
  const inTests = imports.filter((name) => name.startsWith(join(ROOT, 'test/')));
  return [text.replace(/^(export )?function without\w+\(/gm, ''), ...inTests.map((name) => textOf(name, seen))].join(
    '\n',
  );
}

function textOfProject(project: string): string {
  const seen = new Set<string>([import.meta.filename]);
  return (TESTS[project] ?? [])
    .flatMap(testFiles)
    .map((file) => textOf(file, seen))
    .join('\n');
}

const TEXTS = Object.keys(TESTS).map((project) => [project, textOfProject(project)] as const);

describe('what the test commands bring [D]', () => {
  it.each(TEXTS)('is all that the %s tests use', (project, text) => {
    const used = TOOLS.filter(({ what }) => SIGNS[what]?.test(text)).map(({ what }) => what);
    const brought = TOOLS.filter((tool) => tool.for.includes(project)).map(({ what }) => what);
    expect(brought).toEqual(expect.arrayContaining(used));
  });

  it('has a sign for every tool, and a tool for every guard', () => {
    expect(TOOLS.filter(({ what }) => SIGNS[what] === undefined)).toEqual([]);
    const guards = new Set(TEXTS.flatMap(([, text]) => text.match(/\bwithout[A-Z]\w*/g) ?? []));
    const known = (guard: string): boolean =>
      OTHER_GUARDS.includes(guard) || Object.values(SIGNS).some((sign) => sign.test(`${guard}()`));
    expect([...guards].filter((guard) => !known(guard))).toEqual([]);
  });

  it('has every program that tests call by name', () => {
    const programs = TOOLS.flatMap((tool) => tool.programs ?? []);
    const call = /\b(?:spawn|spawnSync|execFile|execFileSync|run)\(\s*'([^'\s]+)',\s*\[/g;
    const called = TEXTS.flatMap(([, text]) => [...text.matchAll(call)].map(([, name = '']) => basename(name)));
    expect(called.length).toBeGreaterThan(10);
    expect([...new Set(called)].filter((name) => ![...BASE, ...programs].includes(name))).toEqual([]);
  });

  it('is what hints tell people to install', () => {
    const packages = new Set(TOOLS.flatMap((tool) => tool.packages));
    const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(ROOT, 'test', name));
    const hints = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/apt-get install ([a-z][\w. -]*)/g)].flatMap(([, names = '']) =>
        names
          .trim()
          .split(/\s+/)
          .map((name) => `${relative(ROOT, file)}: ${name}`),
      ),
    );
    expect(hints.length).toBeGreaterThan(4);
    expect(hints.filter((text) => !packages.has(text.split(': ')[1] ?? ''))).toEqual([]);
  });
});
