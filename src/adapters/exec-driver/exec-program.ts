import { asError, sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { ExecCall, ExecSession } from './exec-session.js';
import type { ExecHello } from './protocol.js';
import { readHello } from './protocol.js';

/** Seconds before an ended program is started again; doubles. */
const FIRST_RESTART = 1;
const LONGEST_RESTART = 60;
/** Seconds after which a program that runs counts as healthy again. */
const HEALTHY = 60;
const STOP_GRACE = 5;

interface RunningProgram {
  readonly session: ExecSession;
  readonly hello: ExecHello;
}

/** A driver's program over its restarts. A call that comes while it is down waits until it is up again, or its signal fires. */
export class ExecProgram {
  private readonly tasks: Supervisor;
  private running: RunningProgram | undefined;
  /** Why it is down. */
  private problem = 'the program has not been started';
  private waiting = new Set<() => void>();
  private stopped = false;
  private session: ExecSession | undefined;

  constructor(
    private readonly open: () => ExecSession,
    private readonly greeting: { readonly params: Readonly<Record<string, unknown>>; readonly timeout: number },
    private readonly clock: Clock,
    private readonly logger: Logger,
    /** Called after each start. */
    private readonly onUp: (signal: AbortSignal) => Promise<void>,
  ) {
    this.tasks = new Supervisor((name, error) => logger.error(`${name} failed`, errorFields(error)));
  }

  /** What the program said of itself; null while it is down. */
  get hello(): ExecHello | null {
    return this.running?.hello ?? null;
  }

  /** Starts the program and keeps it running. @throws ProviderError if the first start fails; nothing is left then */
  async start(signal: AbortSignal): Promise<void> {
    const first = await this.ready(signal);
    this.tasks.start('keeping the program', (stopping) => this.keep(first, stopping));
  }

  async call(call: ExecCall, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    while (!this.running) {
      // Nobody starts it again, as after a change of the configuration.
      if (this.stopped) throw new ProviderError('transient', 'the program was stopped');
      await this.untilUp(signal);
    }
    return this.running.session.call(call, signal);
  }

  /** Ends the program with all that it has started. Idempotent. */
  async stop(): Promise<void> {
    const ending = this.tasks.stop();
    const { session } = this;
    this.session = undefined;
    this.running = undefined;
    this.stopped = true;
    this.wakeWaiting();
    await session?.stop(STOP_GRACE);
    await ending;
  }

  private async keep(first: RunningProgram, stopping: AbortSignal): Promise<void> {
    let current: RunningProgram | undefined = first;
    let delay = FIRST_RESTART;
    const over = ended(stopping);
    while (!stopping.aborted) {
      const since = this.clock.monotonic();
      if (current) this.problem = await Promise.race([current.session.ended, over]);
      if (stopping.aborted) return;
      this.running = undefined;
      if (this.clock.monotonic() - since >= HEALTHY) delay = FIRST_RESTART;
      this.logger.error('The driver program has ended; it is started again', { problem: this.problem, retryIn: delay });
      await sleep(this.clock, delay, stopping).catch(() => undefined);
      delay = Math.min(delay * 2, LONGEST_RESTART);
      current = await this.restart(stopping);
    }
  }

  private async restart(stopping: AbortSignal): Promise<RunningProgram | undefined> {
    if (stopping.aborted) return undefined;
    try {
      return await this.ready(stopping);
    } catch (error) {
      this.problem = asError(error).message;
      return undefined;
    }
  }

  /** Has what is to be known of it been asked? Who ends meanwhile has told nothing. @throws ProviderError, or the signal's reason */
  private async ready(signal: AbortSignal): Promise<RunningProgram> {
    const running = await this.bringUp(signal);
    await this.onUp(signal);
    const { problem } = running.session;
    if (!problem) return running;
    this.running = undefined;
    throw problem;
  }

  private async bringUp(signal: AbortSignal): Promise<RunningProgram> {
    signal.throwIfAborted();
    const session = this.open();
    this.session = session;
    const { params, timeout } = this.greeting;
    try {
      const answer = await withDeadline(this.clock, timeout, 'the greeting of the driver program', signal, (inner) =>
        session.call({ method: 'hello', params, deadline: timeout }, inner),
      );
      const running = { session, hello: readHello(answer) };
      this.running = running;
      this.wakeWaiting();
      return running;
    } catch (error) {
      session.kill('it could not be used');
      await session.ended;
      throw error;
    }
  }

  private wakeWaiting(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  private untilUp(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.waiting.delete(wake);
        reject(asError(signal.reason));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiting.add(wake);
    });
  }
}

function ended(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('');
    signal.addEventListener('abort', () => resolve(''), { once: true });
  });
}
