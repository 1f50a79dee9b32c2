import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, checkBuilt } from './daemon-build.js';
import { until } from './daemon-patience.js';
import { spawnClean } from './clean-spawn.js';

export type Program = 'nodepool' | 'nodepool-builder' | 'nodepool-launcher' | 'nodepool-standalone';

export interface DaemonEnd {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Kills the daemon's group as soon as its own standard input ends, that is at the latest when the tests die. */
const KEEPER = 'cat >/dev/null; kill -9 -- "-$0" 2>/dev/null';

/** One of the executables as a process of its own, in a process group of its own. */
export class Daemon {
  /** Both outputs as they came. */
  output = '';
  stdout = '';
  stderr = '';
  readonly ended: Promise<DaemonEnd>;
  private end: DaemonEnd | undefined;
  private readonly keeper: ChildProcess;

  private constructor(
    readonly program: Program,
    private readonly child: ChildProcess,
  ) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.output += text;
    });
    this.keeper = spawnClean(['sh', '-c', KEEPER, String(child.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.end = { code, signal };
        this.dismissKeeper();
        resolve(this.end);
      });
    });
  }

  /** @param env replaces the environment of the tests altogether */
  static start(program: Program, args: readonly string[], options: { env: NodeJS.ProcessEnv; cwd: string }): Daemon {
    checkBuilt();
    const child = spawnClean([process.execPath, join(ROOT, 'bin', `${program}.js`), ...args], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    return new Daemon(program, child);
  }

  /** @throws Error when it could not be started */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.program} was not started`);
    return this.child.pid;
  }

  get running(): boolean {
    return this.end === undefined;
  }

  /** Lines of both outputs that match. */
  lines(pattern: RegExp): string[] {
    return this.output.split('\n').filter((line) => pattern.test(line));
  }

  /** Waits for a line; fails at once when the process ends without it. @param from only text after that place counts */
  async says(pattern: RegExp, { limit = 60, from = 0 } = {}): Promise<void> {
    await until(
      `${this.program} says ${pattern}`,
      () => {
        if (pattern.test(this.output.slice(from))) return true;
        if (this.end) throw new Error(`${this.program} ended (${JSON.stringify(this.end)}) before it said ${pattern}`);
        return false;
      },
      { limit, story: () => this.tail() },
    );
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Waits for the end; fails if it does not come within `limit` seconds. */
  async ending(limit = 60): Promise<DaemonEnd> {
    return until(`${this.program} ends`, () => this.end, { limit, story: () => this.tail() });
  }

  /** Asks it to stop as an operator does. */
  stop(limit = 60): Promise<DaemonEnd> {
    this.signal('SIGINT');
    return this.ending(limit);
  }

  /** Ends it the hard way, with its process group. Idempotent. */
  async kill(): Promise<void> {
    if (!this.running || this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It has ended in this moment.
    }
    await this.ended;
  }

  tail(lines = 40): string {
    return `--- ${this.program}\n${this.output.split('\n').slice(-lines).join('\n')}`;
  }

  private dismissKeeper(): void {
    this.keeper.kill('SIGKILL');
    this.keeper.stdin?.destroy();
  }
}
