import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import type {
  ForegroundProgram,
  ForegroundPrograms,
  ProgramEnd,
  ProgramOrder,
  StopSignal,
  StopSignals,
} from '../../ports/lease-client/foreground-programs.js';
import { descendants } from './group-members.js';
import { RunningGroups } from './running-groups.js';

/** Milliseconds in which a program that shares our terminal gets a Ctrl-C from there by itself. */
const CTRL_C = 500;
/** tar answers 1 when a file has changed while it was read, as log files do. */
const SOURCE_FAILED = 2;

/** Runs programs on the terminal, or on the inputs and outputs, that we have ourselves. */
export class TerminalPrograms implements ForegroundPrograms {
  readonly onTerminal = process.stdin.isTTY && process.stdout.isTTY;
  readonly canAsk = hasTerminal();

  start({ argv, environment, from }: ProgramOrder): ForegroundProgram {
    const [name, ...rest] = argv;
    const env = { ...process.env, ...environment };
    const own = !this.canAsk;
    const child = spawn(name, rest, {
      env,
      detached: own,
      stdio: [from === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
    });
    const main = new TerminalProgram(child, own);
    return from === undefined ? main : piped(from, child, main, own);
  }
}

/** SIGINT, SIGTERM and SIGHUP of this process. */
export class ProcessStopSignals implements StopSignals {
  listen(listener: (signal: StopSignal) => void): () => void {
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const name of names) process.on(name, listener);
    return () => names.forEach((name) => process.off(name, listener));
  }
}

class TerminalProgram implements ForegroundProgram {
  readonly ended: Promise<ProgramEnd>;
  private over = false;

  constructor(
    private readonly child: ChildProcess,
    private readonly ownGroup: boolean,
  ) {
    const forget = RunningGroups.add(() => this.kill('SIGKILL'));
    this.ended = new Promise<ProgramEnd>((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (child.pid === undefined) resolve(notStarted(error));
      });
      child.once('exit', (code, signal) => resolve(endOf(code, signal)));
    }).finally(() => {
      this.over = true;
      forget();
    });
  }

  kill(signal: StopSignal | 'SIGKILL'): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    if (this.ownGroup) send(-pid, signal);
    else if (!this.over) this.killWithinOurGroup(pid, signal);
  }

  private killWithinOurGroup(pid: number, signal: StopSignal | 'SIGKILL'): void {
    if (signal === 'SIGKILL') for (const member of descendants(pid)) send(member, signal);
    // The terminal sends Ctrl-C to the whole group; a second one means more to many programs.
    if (signal === 'SIGINT') setTimeout(() => !this.over && send(pid, signal), CTRL_C).unref();
    else send(pid, signal);
  }
}

/** The one that writes into the other; if it fails, what the other has read is not all there is. */
function piped(
  [name, ...rest]: readonly [string, ...string[]],
  reader: ChildProcess,
  main: TerminalProgram,
  own: boolean,
): ForegroundProgram {
  const child = spawn(name, rest, { detached: own, stdio: ['ignore', 'pipe', 'inherit'] });
  const source = new TerminalProgram(child, own);
  if (reader.stdin) {
    reader.stdin.on('error', () => undefined);
    child.stdout.pipe(reader.stdin);
  }
  const ended = Promise.all([source.ended, main.ended.finally(() => source.kill('SIGKILL'))]).then(
    ([first, second]) => {
      const failed = first.kind === 'not-started' || (first.kind === 'exited' && first.code >= SOURCE_FAILED);
      return failed && second.kind === 'exited' && second.code === 0 ? first : second;
    },
  );
  return {
    ended,
    kill: (signal) => {
      source.kill(signal);
      main.kill(signal);
    },
  };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

function endOf(code: number | null, signal: NodeJS.Signals | null): ProgramEnd {
  if (signal === null) return { kind: 'exited', code: code ?? 0 };
  return { kind: 'signalled', signal, number: constants.signals[signal] };
}

function notStarted({ code, message }: NodeJS.ErrnoException): ProgramEnd {
  if (code === 'ENOENT') return { kind: 'not-started', code: 127, problem: 'there is no such program' };
  return { kind: 'not-started', code: 126, problem: code === 'EACCES' ? 'permission denied' : message };
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r+'));
    return true;
  } catch {
    return false;
  }
}
