import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, checkBuilt } from './daemon-build.js';

export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** On a terminal of that size, whose output is all on `stdout`. */
  readonly terminal?: { readonly rows: number; readonly columns: number };
}

/** The command line `nodepool`, as a process of its own without a terminal. */
export class NodepoolCommand {
  stdout = '';
  stderr = '';
  readonly ended: Promise<CommandEnd>;
  private readonly changed = new Set<() => void>();

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (part: string) => this.heard(() => (this.stdout += part)));
    child.stderr?.setEncoding('utf8').on('data', (part: string) => this.heard(() => (this.stderr += part)));
    this.ended = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.heard(() => undefined);
      }),
    );
  }

  /** A session of its own, as CI systems start things: there is no terminal to be found. */
  static start(
    args: readonly string[],
    { env = {}, cwd = ROOT, input, terminal }: CommandOptions = {},
  ): NodepoolCommand {
    checkBuilt();
    const { NODEPOOL_URL: _url, NODEPOOL_TOKEN: _token, ...inherited } = process.env;
    const argv = [process.execPath, join(ROOT, 'bin/nodepool.js'), ...args] as const;
    const [program, ...words] = terminal ? onTerminal(argv, terminal) : argv;
    const child = spawn(program, words, {
      cwd,
      env: { ...inherited, ...env },
      detached: true,
      stdio: 'pipe',
    });
    child.stdin.on('error', () => undefined).end(input ?? '');
    return new NodepoolCommand(child);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until the text is found in what it has written to either output. */
  async says(pattern: RegExp, seconds = 30): Promise<void> {
    const limit = AbortSignal.timeout(seconds * 1000);
    while (!pattern.test(this.stdout + this.stderr)) {
      if (limit.aborted || this.child.exitCode !== null) {
        throw new Error(`it does not say ${String(pattern)}, but: ${this.stdout}${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.changed.add(resolve);
        limit.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  private heard(change: () => void): void {
    change();
    for (const waiter of this.changed) waiter();
    this.changed.clear();
  }
}

/** script(1) makes a terminal, and takes a line for a shell. */
function onTerminal(
  argv: readonly string[],
  { rows, columns }: NonNullable<CommandOptions['terminal']>,
): readonly [string, ...string[]] {
  const line = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return ['script', '-qec', `stty rows ${rows} cols ${columns}; exec ${line}`, '/dev/null'];
}
