import { ProviderError } from '../../ports/compute/errors.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type {
  ChildProgram,
  ChildProgramEnd,
  ChildPrograms,
  ChildProgramSpec,
} from '../../ports/runtime/child-programs.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { ExecMessage, ExecMethod, ExecRequest } from './protocol.js';
import { readMessage } from './protocol.js';

/** Lines that are no messages, one after the other, until the program counts as broken. */
const MOST_GARBAGE = 100;
const SHOWN = 200;
/** Seconds a cancelled call may go on. */
const CANCEL_PATIENCE = 30;

interface PendingCall {
  readonly method: ExecMethod;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface ExecCall {
  readonly method: ExecMethod;
  readonly params: Readonly<Record<string, unknown>>;
  /** Seconds. */
  readonly deadline: number;
  readonly key?: string;
}

/** One run of a driver's program: requests out, answers in, until it ends. */
export class ExecSession {
  /** How it ended, in words. Never rejects. */
  readonly ended: Promise<string>;
  private readonly program: ChildProgram;
  private readonly pending = new Map<number, PendingCall>();
  /** Calls that were cancelled and have not answered yet. */
  private readonly cancelled = new Map<number, () => void>();
  private lastId = 0;
  private garbage = 0;
  private lastWords = '';
  private over: ProviderError | undefined;
  private killed = false;

  constructor(
    programs: ChildPrograms,
    spec: Pick<ChildProgramSpec, 'argv' | 'env'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.program = programs.start({
      ...spec,
      onLine: (line) => this.hear(line),
      onErrorLine: (line) => {
        if (line.trim() !== '') this.lastWords = line.trim().slice(0, SHOWN);
        logger.info(`stderr: ${line}`);
      },
    });
    this.ended = this.program.ended.then((end) => this.finish(end));
  }

  /** Undefined while it goes on. */
  get problem(): ProviderError | undefined {
    return this.over;
  }

  /** @throws ProviderError, or the signal's reason */
  call({ method, params, deadline, key }: ExecCall, signal: AbortSignal): Promise<unknown> {
    if (signal.aborted) return Promise.reject(asError(signal.reason));
    if (this.over !== undefined) return Promise.reject(this.over);
    const id = (this.lastId += 1);
    const request: ExecRequest = { id, method, params, deadline, ...(key === undefined ? {} : { key }) };
    return new Promise<unknown>((resolve, reject) => {
      const onAbort = (): void => {
        this.pending.delete(id);
        this.cancel(id, method);
        reject(asError(signal.reason));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settled = (): void => signal.removeEventListener('abort', onAbort);
      this.pending.set(id, {
        method,
        resolve: (result) => (settled(), resolve(result)),
        reject: (error) => (settled(), reject(error)),
      });
      this.program.write(JSON.stringify(request));
    });
  }

  kill(problem: string): void {
    this.killed = true;
    this.program.kill(problem);
  }

  async stop(grace: number): Promise<void> {
    await this.program.stop(grace);
    await this.ended;
  }

  private cancel(id: number, method: ExecMethod): void {
    if (this.over !== undefined) return;
    this.program.write(JSON.stringify({ cancel: id }));
    const late = this.clock.schedule(CANCEL_PATIENCE, () =>
      this.kill(`it did not end ${method} within ${CANCEL_PATIENCE} s after it was told to`),
    );
    this.cancelled.set(id, late);
  }

  private hear(line: string): void {
    if (this.killed || line.trim() === '') return;
    const message = readMessage(line);
    if (message.kind === 'garbage') return this.hearGarbage(line);
    this.garbage = 0;
    if (message.kind === 'log') return this.logger[message.level](message.text);
    this.hearAnswer(message);
  }

  private hearAnswer(message: Exclude<ExecMessage, { readonly kind: 'log' | 'garbage' }>): void {
    const call = this.pending.get(message.id);
    if (message.kind === 'progress') {
      if (call) this.logger.debug(`${call.method}: ${message.text}`);
      return;
    }
    const cancelled = this.cancelled.get(message.id);
    cancelled?.();
    this.cancelled.delete(message.id);
    this.pending.delete(message.id);
    if (call) {
      if (message.kind === 'result') call.resolve(message.result);
      else call.reject(message.error);
    } else if (!cancelled) this.logger.warn(`The program answers call ${message.id}, which was not asked`);
  }

  private hearGarbage(line: string): void {
    this.garbage += 1;
    if (this.garbage === 1) this.logger.warn('The program writes what is no message', { line: line.slice(0, SHOWN) });
    if (this.garbage > MOST_GARBAGE) this.kill('it writes nothing but garbage');
  }

  private finish(end: ChildProgramEnd): string {
    const words = this.words(end);
    this.over = new ProviderError(end.kind === 'not-started' ? 'configuration' : 'transient', words);
    for (const forget of this.cancelled.values()) forget();
    this.cancelled.clear();
    for (const { reject } of this.pending.values()) reject(this.over);
    this.pending.clear();
    return words;
  }

  private words(end: ChildProgramEnd): string {
    if (end.kind === 'not-started') return `the program cannot be started: ${end.problem}`;
    if (end.kind === 'killed') return `the program was ended: ${end.problem}`;
    const how = end.kind === 'exited' ? `exit status ${end.code}` : end.signal;
    return `the program ended (${how})${this.lastWords === '' ? '' : `: ${this.lastWords}`}`;
  }
}
