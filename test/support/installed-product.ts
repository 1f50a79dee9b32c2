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
      await product.bringDependencies();
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

  private async bringDependencies(): Promise<void> {
    const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
    };
    const needed = Object.entries(lock.packages).filter(([place, { dev }]) => place !== '' && dev !== true);
    for (const [place] of needed) {
      // A nested one comes with the package it is nested in.
      if (place.lastIndexOf('node_modules/') > 0) continue;
      const target = path.join(this.folder, place);
      mkdirSync(path.dirname(target), { recursive: true });
      try {
        cpSync(path.join(ROOT, place), target, { recursive: true });
      } catch (error) {
        // Optional, for another system.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  private async pack(source: string): Promise<string> {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', this.folder], { cwd: source });
    return path.join(this.folder, stdout.trim().split('\n').at(-1) ?? '');
  }

  private async npm(...args: readonly string[]): Promise<void> {
    await run('npm', [...args], { cwd: this.folder, maxBuffer: 1 << 24 });
  }
}
