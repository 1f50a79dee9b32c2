import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkBuilt, ROOT } from './daemon-build.js';

const run = promisify(execFile);

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** The product and a driver, packed by npm and installed by npm into a folder of their own, as users have them. */
export class InstalledProduct {
  private constructor(readonly folder: string) {}

  /**
   * The dependencies are put where npm would put them beforehand, so that nothing is fetched and the ZooKeeper client is not
   * compiled again. npm resolves and checks all the same, and puts in place what comes from the packages.
   * @param drivers folders of packages
   */
  static async install(...drivers: readonly string[]): Promise<InstalledProduct> {
    checkBuilt();
    const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-installed-'));
    const product = new InstalledProduct(folder);
    try {
      product.bringDependencies(['.', ...drivers]);
      const packs = await Promise.all(['.', ...drivers].map((source) => product.pack(path.resolve(ROOT, source))));
      writeFileSync(path.join(folder, 'package.json'), '{"private": true}\n');
      await product.npm('install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', ...packs);
      return product;
    } catch (error) {
      product.remove();
      throw error;
    }
  }

  /** Runs one of the installed commands, or one of the system. */
  async run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const bin = path.join(this.folder, 'node_modules/.bin');
    const environment = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: this.folder, LANG: 'C.UTF-8', ...env };
    const options = { cwd: this.folder, env: environment, timeout: 100_000, maxBuffer: 1 << 24 };
    try {
      const { stdout, stderr } = await run(command, args, options);
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
      return { code: typeof code === 'number' ? code : -1, output: `${stdout}${stderr}` };
    }
  }

  write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @param wanted folders whose dependencies are brought; drivers of the project come as packages themselves */
  private bringDependencies(wanted: readonly string[]): void {
    const names = wanted.flatMap((folder) => {
      const manifest = JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8')) as LockedPackage;
      return needsOf(manifest);
    });
    for (const name of withTheirs(names)) {
      const target = path.join(this.folder, 'node_modules', name);
      mkdirSync(path.dirname(target), { recursive: true });
      try {
        // What is nested comes with the package it is nested in.
        cpSync(path.join(ROOT, 'node_modules', name), target, { recursive: true });
      } catch (error) {
        // Optional, for another system.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  private async pack(source: string): Promise<string> {
    // npm refuses to do this inside of a workspace while .npmrc leaves workspaces out.
    const what = source === ROOT ? [] : [source];
    const { stdout } = await run('npm', ['pack', ...what, '--silent', '--pack-destination', this.folder], {
      cwd: ROOT,
    });
    return path.join(this.folder, stdout.trim().split('\n').at(-1) ?? '');
  }

  private async npm(...args: readonly string[]): Promise<void> {
    await run('npm', [...args], { cwd: this.folder, maxBuffer: 1 << 24 });
  }
}

interface LockedPackage {
  /** A workspace. */
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function needsOf({ dependencies = {}, optionalDependencies = {} }: LockedPackage): readonly string[] {
  return [...Object.keys(dependencies), ...Object.keys(optionalDependencies)];
}

/** These packages and all that they need, by the lock file. */
function withTheirs(names: readonly string[]): ReadonlySet<string> {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const found = new Set<string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const locked = packages[`node_modules/${name}`];
    if (found.has(name) || !locked || locked.link === true) continue;
    found.add(name);
    const nested = Object.entries(packages).filter(([place]) => place.startsWith(`node_modules/${name}/node_modules/`));
    waiting.push(...[locked, ...nested.map(([, inner]) => inner)].flatMap(needsOf));
  }
  return found;
}
