import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import os from 'node:os';
import { asError } from '../../ports/toolkit/sleep.js';
import type { ProcessOutcome, ProcessRunner, ProcessSpec } from '../../ports/runtime/process-runner.js';
import { findExecutable, withCleanDescriptors } from './clean-descriptors.js';
import { groupMembers } from './group-members.js';
import { OutputPipe } from './output-pipe.js';
import { RunningGroups } from './running-groups.js';

export interface NodeProcessRunnerOptions {
  /**
   * Seconds that the rest of a group may go on writing after its leader has ended; then it is killed. Filters at the end of
   * a shell's pipe need a moment, daemons left behind must not hold up the build. Default 5.
   */
  readonly outputGrace?: number;
}

/** Time for the kernel to close the ends of killed processes; who holds the pipe longer has left the group. */
const AFTER_KILL = 0.5;

/** Runs child processes of this machine, each as the leader of a process group. */
export class NodeProcessRunner implements ProcessRunner {
  private readonly outputGrace: number;

  constructor(options: NodeProcessRunnerOptions = {}) {
    this.outputGrace = options.outputGrace ?? 5;
  }

  /** What `onOutput` throws is dropped, and so is all further output. */
  async run(spec: ProcessSpec, signal?: AbortSignal): Promise<ProcessOutcome> {
    if (signal?.aborted) return { kind: 'aborted' };
    let pipe: OutputPipe | null = null;
    try {
      pipe = spec.onOutput ? await OutputPipe.open() : null;
      return await this.runWith(pipe, spec, signal);
    } catch (error) {
      return { kind: 'not-started', problem: asError(error).message };
    } finally {
      pipe?.destroy();
    }
  }

  private async runWith(pipe: OutputPipe | null, spec: ProcessSpec, signal?: AbortSignal): Promise<ProcessOutcome> {
    if (signal?.aborted) return { kind: 'aborted' };
    const child = start(spec, pipe);
    const ended = endOf(child);
    const delivered = pipe?.deliver(careful(spec.onOutput)) ?? Promise.resolve();
    const kill = (): void => signalGroup(child, 'SIGKILL');
    const forget = RunningGroups.add(kill);
    const killers: NodeJS.Timeout[] = [];
    const end = (): void => {
      const grace = spec.endGrace ?? 0;
      if (grace <= 0) return kill();
      askToEnd(child);
      // A shell that waits for its child hears nothing before the child has ended.
      killers.push(
        setTimeout(() => killAllBut(child), (grace * 1000) / 4),
        setTimeout(kill, grace * 1000),
      );
    };
    signal?.addEventListener('abort', end, { once: true });
    try {
      const outcome = await ended;
      await this.drain(delivered, kill, signal);
      return signal?.aborted ? { kind: 'aborted' } : outcome;
    } finally {
      for (const killer of killers) clearTimeout(killer);
      signal?.removeEventListener('abort', end);
      forget();
    }
  }

  /** Waits for the rest of the output, but not for ever; leaves nothing of the group alive. */
  private async drain(delivered: Promise<void>, kill: () => void, signal?: AbortSignal): Promise<void> {
    const aborted = abortOf(signal);
    try {
      await within(this.outputGrace, [delivered, aborted.promise]);
    } finally {
      aborted.forget();
    }
    kill();
    await within(AFTER_KILL, [delivered]);
  }
}

function start(spec: ProcessSpec, pipe: OutputPipe | null): ChildProcess {
  const [name, ...rest] = spec.argv;
  const output = pipe ? pipe.writeDescriptor : 'ignore';
  try {
    const file = findExecutable(name, spec.env['PATH'], spec.cwd ?? process.cwd());
    const [command, ...args] = withCleanDescriptors([file, ...rest]);
    return spawn(command, args, {
      env: { ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      detached: true,
      stdio: ['ignore', output, output],
    });
  } finally {
    pipe?.releaseWriter();
  }
}

function endOf(child: ChildProcess): Promise<ProcessOutcome> {
  return new Promise((resolve) => {
    child.once('exit', (code, name) => {
      if (name === null) resolve({ kind: 'exited', code: code ?? 0 });
      else resolve({ kind: 'signalled', signal: name, signalNumber: os.constants.signals[name] });
    });
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ kind: 'not-started', problem: error.message });
    });
  });
}

/**
 * The leader is to clean up after its work, which must be gone then: what the leader's own children have started is killed. The
 * children themselves may be part of the leader (a filter that its output goes through), without which it could not clean up.
 * It is told first: a shell that sees its work fail begins to clean up by itself, and a signal then would cut that short.
 */
function askToEnd({ pid: leader }: ChildProcess): void {
  if (leader === undefined) return;
  const work = groupMembers(leader).filter(({ pid, parent }) => pid !== leader && parent !== leader);
  signalProcess(leader, 'SIGTERM');
  for (const { pid } of work) signalProcess(pid, 'SIGKILL');
}

function killAllBut({ pid: leader }: ChildProcess): void {
  if (leader === undefined) return;
  for (const { pid } of groupMembers(leader)) if (pid !== leader) signalProcess(pid, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) signalProcess(-child.pid, signal);
}

/** @param pid negative: a group */
function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Nobody is left.
  }
}

function careful(onOutput: ProcessSpec['onOutput']): (chunk: Uint8Array) => void {
  let broken = false;
  return (chunk) => {
    if (broken) return;
    try {
      onOutput?.(chunk);
    } catch {
      broken = true;
    }
  };
}

function abortOf(signal?: AbortSignal): { readonly promise: Promise<void>; readonly forget: () => void } {
  let onAbort = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    if (signal?.aborted) return resolve();
    onAbort = resolve;
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  return { promise, forget: () => signal?.removeEventListener('abort', onAbort) };
}

/** Resolves with the first of the promises, or when the seconds are over. */
async function within(seconds: number, promises: readonly Promise<void>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  try {
    await Promise.race([...promises, over]);
  } finally {
    clearTimeout(timer);
  }
}
