import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { asError } from '../../ports/toolkit/sleep.js';
import type {
  ChildProgram,
  ChildProgramEnd,
  ChildPrograms,
  ChildProgramSpec,
} from '../../ports/runtime/child-programs.js';
import { findExecutable, withCleanDescriptors } from './clean-descriptors.js';
import { LineSplitter } from './line-splitter.js';
import { RunningGroups } from './running-groups.js';

/** Characters of one line of output: a list of many thousand instances fits. */
const LONGEST_LINE = 16 << 20;
const LONGEST_ERROR_LINE = 4096;
/** Bytes that may wait for a program to read them. */
const MOST_UNREAD = 16 << 20;
/** Seconds for a program that closes its output but does not end. */
const AFTER_OUTPUT = 1;

/** Starts programs of this machine. */
export class NodeChildPrograms implements ChildPrograms {
  start(spec: ChildProgramSpec): ChildProgram {
    try {
      const [name, ...rest] = spec.argv;
      const file = findExecutable(name, spec.env['PATH'], spec.cwd ?? process.cwd());
      const [command, ...args] = withCleanDescriptors([file, ...rest]);
      const cwd = spec.cwd === undefined ? {} : { cwd: spec.cwd };
      const child = spawn(command, args, { env: { ...spec.env }, ...cwd, detached: true, stdio: 'pipe' });
      return new NodeChildProgram(child, spec);
    } catch (error) {
      return notStarted(asError(error).message);
    }
  }
}

class NodeChildProgram implements ChildProgram {
  readonly ended: Promise<ChildProgramEnd>;
  private problem: string | undefined;

  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    spec: ChildProgramSpec,
  ) {
    const forget = RunningGroups.add(() => this.killGroup());
    const lines = new LineSplitter(LONGEST_LINE, spec.onLine, () => this.kill('it wrote a line without end'));
    const errors = new LineSplitter(LONGEST_ERROR_LINE, spec.onErrorLine, spec.onErrorLine);
    child.stdout.on('data', (chunk: Uint8Array) => lines.push(chunk)).on('end', () => lines.end());
    child.stderr.on('data', (chunk: Uint8Array) => errors.push(chunk)).on('end', () => errors.end());
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
    this.ended = this.end().finally(forget);
  }

  write(line: string): void {
    if (!this.child.stdin.writable) return;
    this.child.stdin.write(`${line}\n`);
    if (this.child.stdin.writableLength > MOST_UNREAD) this.kill('it does not read what it is told');
  }

  kill(problem: string): void {
    this.problem ??= problem;
    this.killGroup();
  }

  async stop(grace: number): Promise<void> {
    this.child.stdin.end();
    const term = setTimeout(() => this.signalGroup('SIGTERM'), grace * 500);
    const kill = setTimeout(() => this.killGroup(), grace * 1000);
    await this.ended;
    clearTimeout(term);
    clearTimeout(kill);
  }

  /** Waits for the leader, ends the rest of its group, and waits until all that was written has been delivered. */
  private end(): Promise<ChildProgramEnd> {
    const { child } = this;
    return new Promise((resolve) => {
      child.once('error', (error) => {
        if (child.pid === undefined) resolve({ kind: 'not-started', problem: error.message });
      });
      child.once('exit', (code, signal) => {
        this.killGroup();
        const done = (): void => {
          clearTimeout(patience);
          for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
          resolve(this.endOf(code, signal));
        };
        const patience = setTimeout(done, AFTER_OUTPUT * 1000);
        child.once('close', done);
      });
    });
  }

  private endOf(code: number | null, signal: NodeJS.Signals | null): ChildProgramEnd {
    if (this.problem !== undefined) return { kind: 'killed', problem: this.problem };
    return signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signalled', signal };
  }

  private killGroup(): void {
    this.signalGroup('SIGKILL');
  }

  private signalGroup(signal: NodeJS.Signals): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
    } catch {
      // Nobody is left.
    }
  }
}

function notStarted(problem: string): ChildProgram {
  return {
    write: () => undefined,
    kill: () => undefined,
    stop: () => Promise.resolve(),
    ended: Promise.resolve({ kind: 'not-started', problem }),
  };
}
