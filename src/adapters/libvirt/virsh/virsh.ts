import type { ChildPrograms } from '../../../ports/runtime/child-programs.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import { errorLines, VirshError, virshError } from './virsh-error.js';
import { VirshSession } from './virsh-session.js';
import { fitsOnLine } from './virsh-words.js';

/** Seconds that most commands may take. */
const ANSWER = 60;
/** Sessions of one host: what takes long in one holds up no other call. */
const SESSIONS = 4;
/** Seconds between two signs of life that virsh wants from a host that is far away. */
const KEEPALIVE = ['-k', '5', '-K', '4'];
const LONGEST_OUTPUT = 1 << 20;

export interface VirshOptions {
  readonly uri: string;
  readonly programs: ChildPrograms;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** libvirt on one host, spoken to through `virsh`. Nothing ever goes through a shell. */
export class Virsh {
  private readonly idle: VirshSession[] = [];
  private readonly all = new Set<VirshSession>();
  private readonly waiting: (() => void)[] = [];
  private readonly once = new Set<{ readonly kill: (problem: string) => void }>();
  private readonly most: number;
  private busy = 0;
  private closed = false;

  constructor(private readonly options: VirshOptions) {
    // The test hypervisor lives inside of the process that opened it.
    this.most = /^test:\/\/\//.test(options.uri) ? 1 : SESSIONS;
  }

  get uri(): string {
    return this.options.uri;
  }

  /** Whether the host is libvirt's own test hypervisor, which has no real machines. */
  get isTest(): boolean {
    return /^test[:+]/.test(this.options.uri);
  }

  /**
   * Runs a command and answers its output. After an abort the caller is let go at once; what libvirt was told may still happen.
   * @throws VirshError, or the signal's reason
   */
  async run(words: readonly string[], signal: AbortSignal, deadline = ANSWER): Promise<string> {
    signal.throwIfAborted();
    if (!fitsOnLine(words)) return this.runAlone(words, signal, deadline);
    await this.turn(signal);
    const session = this.take();
    const running = session.run(words, deadline).finally(() => this.giveBack(session));
    return unlessAborted(running, signal);
  }

  /** Runs a command in a program of its own, which ends with the signal: for what takes long, and for odd words. */
  async runAlone(words: readonly string[], signal: AbortSignal, deadline: number): Promise<string> {
    signal.throwIfAborted();
    if (words.some((word) => word.includes('\0'))) throw new VirshError('configuration', 'a name has a zero byte');
    const { programs, env, clock } = this.options;
    const output: string[] = [];
    const errors: string[] = [];
    let size = 0;
    const keep = (lines: string[]) => (line: string) => {
      size += line.length;
      if (size < LONGEST_OUTPUT) lines.push(line);
    };
    const program = programs.start({ argv: this.argv(words), env, onLine: keep(output), onErrorLine: keep(errors) });
    this.once.add(program);
    const late = clock.schedule(deadline, () => program.kill(`${words[0] ?? ''} took longer than ${deadline} s`));
    const abort = (): void => program.kill('it was called off');
    signal.addEventListener('abort', abort, { once: true });
    try {
      const end = await program.ended;
      signal.throwIfAborted();
      if (end.kind === 'exited' && end.code === 0) return output.join('\n');
      if (end.kind === 'not-started') throw new VirshError('configuration', `virsh cannot be started: ${end.problem}`);
      if (end.kind === 'killed') throw new VirshError('unanswered', end.problem);
      throw virshError(errorLines(errors).join('\n'));
    } finally {
      late();
      signal.removeEventListener('abort', abort);
      this.once.delete(program);
    }
  }

  /** Ends all that runs. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    for (const program of this.once) program.kill('the provider was stopped');
    await Promise.all(
      [...this.all].map((session) => {
        if (!this.idle.includes(session)) session.kill('the provider was stopped');
        return session.stop();
      }),
    );
  }

  private argv(words: readonly string[]): readonly [string, ...string[]] {
    return ['virsh', '-q', ...(this.isTest ? [] : KEEPALIVE), '-c', this.options.uri, ...words];
  }

  /** Waits until a session is free or may be opened. */
  private async turn(signal: AbortSignal): Promise<void> {
    if (this.busy < this.most) {
      this.busy += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const stop = (): void => {
        this.waiting.splice(this.waiting.indexOf(go), 1);
        reject(asError(signal.reason));
      };
      signal.addEventListener('abort', stop, { once: true });
      this.waiting.push(go);
    });
  }

  private take(): VirshSession {
    for (;;) {
      const session = this.idle.pop();
      if (!session) return this.open();
      if (session.usable) return session;
    }
  }

  private open(): VirshSession {
    const { programs, env, clock } = this.options;
    const session = new VirshSession(programs, { argv: this.argv([]), env }, clock);
    this.all.add(session);
    void session.ended.then(() => this.all.delete(session));
    if (this.closed) session.kill('the provider was stopped');
    return session;
  }

  private giveBack(session: VirshSession): void {
    if (session.usable) this.idle.push(session);
    const next = this.waiting.shift();
    if (next) next();
    else this.busy -= 1;
  }
}

/** The promise, unless the signal fires before. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(asError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    const settled = (): void => signal.removeEventListener('abort', stop);
    promise.then(
      (value) => (settled(), resolve(value)),
      (error: unknown) => (settled(), reject(asError(error))),
    );
  });
}
