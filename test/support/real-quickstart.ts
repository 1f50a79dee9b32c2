import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { checkBuilt, ROOT } from './daemon-build.js';
import { eventually } from './eventually.js';

/** `npm run quickstart -- --real` in a folder of the test's. */
export class RealQuickstart {
  output = '';
  private child: ChildProcess | undefined;
  private ended: Promise<number | null> = Promise.resolve(0);

  constructor(readonly folder: string) {
    checkBuilt();
  }

  start(words: readonly string[] = [], env: NodeJS.ProcessEnv = {}): this {
    this.output = '';
    const argv = [path.join(ROOT, 'scripts/quickstart.mjs'), '--real', '--folder', this.folder, ...words];
    const child = spawn(process.execPath, argv, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => void (this.output += text));
    this.ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
    this.child = child;
    return this;
  }

  /** Waits for words of it. */
  async says(pattern: RegExp, limit: number): Promise<void> {
    await eventually(
      `the quickstart says ${pattern}:\n${this.output}`,
      () => this.over || pattern.test(this.output),
      limit,
    );
    if (!pattern.test(this.output)) throw new Error(`The quickstart has ended without ${pattern}:\n${this.output}`);
  }

  /** Its exit status, when it ends. */
  end(): Promise<number | null> {
    return this.ended;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.child?.kill(signal);
    await this.ended;
  }

  /** Files of the storage pool. */
  volumes(): readonly string[] {
    return readdirSync(path.join(this.folder, 'volumes')).sort();
  }

  /** Names of defined domains. */
  domains(): readonly string[] {
    const files = readdirSync(path.join(this.folder, 'libvirt/etc/qemu'));
    return files.filter((name) => name.endsWith('.xml')).sort();
  }

  private get over(): boolean {
    return this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
