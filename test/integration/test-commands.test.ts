import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../support/daemon-build.js';

/** Everything a command could need is looked for below a folder, so that this machine's own programs do not help. */
let machine: string;
let bin: string;
let asked: string;

const withoutDpkg = (): boolean => {
  if (existsSync('/usr/bin/dpkg-query')) return false;
  if (process.env['CI'] === 'true') throw new Error('The contents of packages are known on Debian alone');
  console.warn('Skipped, for want of dpkg: what the test commands install');
  return true;
};

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'nodepool-bare-machine-'));
  bin = join(machine, 'usr/bin');
  asked = join(machine, 'asked');
  for (const folder of ['usr/bin', 'usr/sbin', 'usr/local/bin']) mkdirSync(join(machine, folder), { recursive: true });
  symlinkSync(process.execPath, join(bin, 'node'));
  // A shell and what any Debian has; g++ and make stand for what `npm ci` needed before.
  for (const name of ['sh', 'env', 'cat', 'mkdir', 'install', 'g++', 'make']) {
    writeProgram(join(bin, name), `exec "$(PATH=/usr/bin:/bin command -v ${name})" "$@"`);
  }
  writeProgram(join(bin, 'python3'), `name=\${2#import }; test -e "${machine}/usr/lib/python3/dist-packages/$name"`);
  writeFileSync(asked, '');
});
afterEach(() => rmSync(machine, { recursive: true }));

function writeProgram(file: string, script: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** `apt-get` that notes what it is asked for, and leaves behind what `content` says that each package has. */
function aptGet(content: (name: string) => readonly string[]): void {
  const wanted = [...new Set(allPackages())];
  const cases = wanted.map((name) => {
    const files = content(name).map((file) => `put ${file}`);
    return `    ${name}) ${files.join('; ') || ':'} ;;`;
  });
  const script = [
    `put() { /usr/bin/mkdir -p "${machine}/$(/usr/bin/dirname "$1")"; printf '#!/bin/sh\\n' > "${machine}/$1"; /usr/bin/chmod 755 "${machine}/$1"; }`,
    'while [ "\${1#-}" != "$1" ]; do shift; done',
    'verb=$1; shift',
    'for name in "$@"; do case $name in -*) continue;; esac',
    `  echo "$verb $name" >> "${asked}"`,
    '  if [ "$verb" = download ]; then : > "${name}_1_all.deb"; continue; fi',
    '  case $name in',
    ...cases,
    '  esac',
    'done',
  ];
  writeProgram(join(bin, 'apt-get'), script.join('\n'));
  writeProgram(join(bin, 'dpkg'), '/usr/bin/mkdir -p usr/bin; : > usr/bin/promtool');
}

interface Dependencies {
  readonly needs: ReadonlyMap<string, readonly string[]>;
  readonly here: ReadonlySet<string>;
}

let dependencies: Dependencies | undefined;

/** What is installed on this machine, and what it depends on. */
function installed(): Dependencies {
  if (dependencies) return dependencies;
  const format = '${Package}\\t${Pre-Depends}, ${Depends}\\t${db:Status-Status}\\n';
  const lines = execFileSync('/usr/bin/dpkg-query', ['-W', '-f', format], { encoding: 'utf8' }).split('\n');
  const rows = lines.map((line) => line.split('\t')).filter(([, , status]) => status === 'installed');
  const names = (text: string): readonly string[] =>
    text.split(/[,|]/).flatMap((part) => part.trim().split(/[ :]/)[0] ?? []);
  dependencies = {
    needs: new Map(rows.map(([name = '', needs = '']) => [name, names(needs)])),
    here: new Set(rows.map(([name = '']) => name)),
  };
  return dependencies;
}

/** Packages whose place another one may take on this machine, so that their contents cannot be looked up: Google's kubectl and Debian's. */
const SAID_TO_BRING: ReadonlyMap<string, readonly string[]> = new Map([['kubernetes-client', ['usr/bin/kubectl']]]);

/** Programs and other files that tests look for, of a package and of everything that it brings along. */
function contentOf(name: string): readonly string[] {
  const { needs, here } = installed();
  const all = new Set<string>();
  const add = (one: string): void => {
    if (all.has(one) || !here.has(one)) return;
    all.add(one);
    (needs.get(one) ?? []).forEach(add);
  };
  add(name);
  if (all.size === 0) return SAID_TO_BRING.get(name) ?? [];
  const files = execFileSync('/usr/bin/dpkg-query', ['-L', ...all], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const found = files.split('\n').flatMap((file) => {
    if (/\/s?bin\/[^/]+$/.test(file)) return [`usr/bin/${file.split('/').at(-1) ?? ''}`, file.slice(1)];
    const module = /^\/usr\/lib\/python3\/dist-packages\/([^/.]+)/.exec(file)?.[1];
    if (module !== undefined) return [`usr/lib/python3/dist-packages/${module}`];
    return /\/(zookeeper|DejaVuSans)\.(jar|ttf)$/.test(file) ? [file.slice(1)] : [];
  });
  return [...new Set(found)].filter((file) => lookedFor().has(file.split('/').at(-1) ?? ''));
}

/** Names of all programs, files and modules that are looked for anywhere. */
function lookedFor(): ReadonlySet<string> {
  const text = readFileSync(join(ROOT, 'scripts/lib/test-tools.mjs'), 'utf8');
  return new Set([...text.matchAll(/'(?:[\w/-]+\/)?([\w.-]+)'/g)].map(([, name = '']) => name));
}

function allPackages(): readonly string[] {
  const text = readFileSync(join(ROOT, 'scripts/lib/test-tools.mjs'), 'utf8');
  return [...text.matchAll(/packages: \[([^\]]*)\]/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name),
  );
}

function prepare(
  command: string,
  ...options: readonly string[]
): { readonly status: number | null; readonly output: string } {
  const npm = execFileSync('sh', ['-c', 'readlink -f "$(command -v npm)"'], { encoding: 'utf8' }).trim();
  const env = {
    PATH: `${join(machine, 'usr/local/bin')}:${bin}`,
    NODEPOOL_SYSTEM_ROOT: machine,
    HOME: machine,
    CI: 'true',
  };
  const args = command === 'test' ? ['test'] : ['run', command];
  const result = spawnSync(process.execPath, [npm, '--silent', ...args, '--', '--prepare', ...options], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  });
  return { status: result.status, output: result.stdout + result.stderr };
}

const packagesAsked = (): readonly string[] =>
  [...readFileSync(asked, 'utf8').matchAll(/^install (.+)$/gm)].map(([, name = '']) => name);

/** Commands of npm that the documents for developers offer, as far as they run tests. */
function offered(): readonly string[] {
  const texts = ['README.md', 'CONTRIBUTING.md', 'docs/performance.md'].map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  );
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const commands = texts.flatMap((text) =>
    [...text.matchAll(/\bnpm (test|run (?:--silent )?(test:\w+|bench|check))\b/g)].map(
      ([, all = '', name]) => name ?? all,
    ),
  );
  // A chain of checks comes down to the tests in it.
  const parts = commands.flatMap((name) =>
    name === 'check'
      ? [...(scripts['check'] ?? '').matchAll(/npm run (test:\w+)/g)].map(([, part = '']) => part)
      : [name],
  );
  return [...new Set(parts)].sort();
}

describe.skipIf(withoutDpkg())('a machine with nothing installed [D]', () => {
  it.each(offered())('gets everything that npm %s needs', (command) => {
    aptGet(contentOf);
    const { status, output } = prepare(command);
    expect([status, output.match(/^missing.*$/gm)]).toEqual([0, null]);
    if (/openstack|integration|^test$/.test(command)) {
      expect(packagesAsked()).toEqual(expect.arrayContaining(['python3-diskimage-builder', 'bash-static']));
    }
    if (command === 'test:mutations') expect(packagesAsked()).toEqual([]);
  });

  it('gets everything that the quickstart with real machines needs', () => {
    aptGet(contentOf);
    expect(prepare('quickstart', '--real')).toMatchObject({ status: 0 });
    expect(packagesAsked()).toEqual(
      expect.arrayContaining(['libvirt-daemon-system', 'qemu-system-x86', 'python3-diskimage-builder', 'dropbear-bin']),
    );
  });

  it('that gets nothing is told what the quickstart with real machines needs', () => {
    aptGet(() => []);
    const { status, output } = prepare('quickstart', '--real');
    expect(status).toBe(1);
    expect(output).toMatch(/^quickstart: --real needs more than is there/m);
    expect(output).toContain('missing: libvirt and QEMU (apt-get install libvirt-daemon-system libvirt-clients');
  });

  it('that gets nothing is told which packages are missing, and does not begin', () => {
    aptGet(() => []);
    const { status, output } = prepare('test:openstack');
    expect(status).toBe(1);
    expect(output).toContain('missing: diskimage-builder (apt-get install python3-diskimage-builder qemu-utils');
    expect(output).toContain('missing: Python with kazoo (apt-get install python3 python3-kazoo)');
  });

  it('finds out that a package is not in the list', () => {
    aptGet((name) => (name === 'bash-static' ? [] : contentOf(name)));
    expect(prepare('test:openstack')).toMatchObject({
      status: 1,
      output: expect.stringContaining('bash-static') as string,
    });
  });

  it('offers the commands that there are', () => {
    expect(offered()).toEqual(
      expect.arrayContaining(['test', 'test:contract', 'test:mutations', 'test:openstack', 'test:unit', 'bench']),
    );
  });
});
