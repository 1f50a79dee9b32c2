import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../support/daemon-build.js';

interface Builds {
  readonly replaceBuild: (root: string, compile: (folder: string) => void, young?: number) => void;
  readonly makePlain: (root: string) => void;
  readonly makeLink: (root: string) => void;
}

const { replaceBuild, makePlain, makeLink } = (await import(
  pathToFileURL(join(ROOT, 'scripts/lib/builds.mjs')).href
)) as Builds;
const run = promisify(execFile);
/** A program of so many files, each of which says of which build it is. */
const PARTS = 60;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nodepool-builds-'));
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'bin/program.js'), "import '../dist/apps/main/main.js';\n");
});
afterEach(() => rmSync(root, { recursive: true }));

/** Each file takes a while to be there, as with a compiler. */
function compile(build: number): (folder: string) => void {
  return (folder) => {
    const main = join(folder, 'apps/main');
    mkdirSync(main, { recursive: true });
    const names = Array.from({ length: PARTS }, (_, part) => `part${part}`);
    for (const name of [...names, 'late'])
      writeFileSync(join(main, `${name}.js`), `export const ${name} = ${build};\n`);
    const imports = names.map((name) => `import { ${name} } from './${name}.js';`).join('\n');
    const late = `if (process.argv[2] === 'wait') { console.log('began'); await new Promise((go) => process.stdin.once('data', go)); }
const { late } = await import('./late.js');
console.log([...new Set([${names.join(', ')}, late])].join(' '));
process.stdin.destroy();`;
    writeFileSync(join(main, 'main.js'), `${imports}\n${late}\n`);
  };
}

const program = (): string => join(root, 'bin/program.js');
const folders = (): readonly string[] => readdirSync(root).filter((name) => name.startsWith('.dist-'));

describe('a build that is replaced [C24]', () => {
  it('is never seen half by commands that start meanwhile', async () => {
    replaceBuild(root, compile(0));
    let build = 0;
    let done = false;
    const seen: string[] = [];
    const starting = Promise.all(
      Array.from({ length: 2 }, async () => {
        for (let times = 0; times < 6; times += 1) seen.push((await run(process.execPath, [program()])).stdout.trim());
      }),
    ).finally(() => (done = true));
    while (!done) {
      build += 1;
      replaceBuild(root, compile(build));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await starting;
    expect(seen).toHaveLength(12);
    expect(seen.filter((text) => !/^\d+$/.test(text))).toEqual([]);
    expect(build).toBeGreaterThan(5);
  });

  it('is there after each single step of the replacement', () => {
    replaceBuild(root, compile(1));
    const missing: string[] = [];
    const real = { renameSync: fs.renameSync, rmSync: fs.rmSync, symlinkSync: fs.symlinkSync };
    const watched = Object.entries(real).map(([name, step]) => [
      name,
      (...args: unknown[]) => {
        (step as (...args: unknown[]) => void)(...args);
        if (!existsSync(join(root, 'dist/apps/main/main.js'))) missing.push(name);
      },
    ]);
    try {
      Object.assign(fs, Object.fromEntries(watched));
      syncBuiltinESMExports();
      replaceBuild(root, compile(2));
    } finally {
      Object.assign(fs, real);
      syncBuiltinESMExports();
    }
    expect(missing).toEqual([]);
    expect(readFileSync(join(root, 'dist/apps/main/late.js'), 'utf8')).toContain('= 2');
  });

  it('stays what it was for a daemon that runs, also for what it loads later', async () => {
    replaceBuild(root, compile(1));
    const daemon = spawn(process.execPath, [program(), 'wait'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    daemon.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(daemon.stdout, 'data');
    replaceBuild(root, compile(2));
    replaceBuild(root, compile(3));
    daemon.stdin.write('go on\n');
    await once(daemon, 'close');
    expect(output).toBe('began\n1\n');
    expect((await run(process.execPath, [program()])).stdout).toBe('3\n');
  });

  it('changes nothing when it fails, and leaves no more than a few earlier ones', async () => {
    for (let build = 1; build <= 9; build += 1) replaceBuild(root, compile(build), 0);
    expect(folders().length).toBeLessThanOrEqual(6);
    const before = folders();
    expect(() =>
      replaceBuild(root, (folder) => {
        compile(10)(folder);
        throw new Error('a type error');
      }),
    ).toThrow('a type error');
    expect(folders()).toEqual(before);
    expect((await run(process.execPath, [program()])).stdout).toBe('9\n');
  });

  it('takes the place of a folder, and becomes one for packing', async () => {
    compile(1)(join(root, 'dist'));
    replaceBuild(root, compile(2));
    expect(lstatSync(join(root, 'dist')).isSymbolicLink()).toBe(true);
    makePlain(root);
    expect(lstatSync(join(root, 'dist')).isDirectory()).toBe(true);
    expect((await run(process.execPath, [program()])).stdout).toBe('2\n');
    makeLink(root);
    expect(lstatSync(join(root, 'dist')).isSymbolicLink()).toBe(true);
    expect((await run(process.execPath, [program()])).stdout).toBe('2\n');
  });
});
