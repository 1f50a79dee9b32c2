import { getEventListeners } from 'node:events';
import { ProviderError } from '../../../ports/compute/errors.js';
import type { ProviderErrorKind } from '../../../ports/compute/errors.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import { DeadlineError } from '../../../ports/toolkit/deadline.js';
import { linkAbort } from '../../../ports/toolkit/linked-abort.js';
import { NonsenseError } from './answers.js';
import { asDriverCode } from './driver-code.js';
import type { DriverFaults } from './driver-faults.js';
import type { Secrets } from './secrets.js';

/** Calls of one provider that may be under way at once; the others wait for their turn. */
const MOST_CALLS = 100;
/** Seconds after which a call that was called off and goes on all the same counts as hanging. */
const LINGER = 5;

const KINDS: ReadonlySet<unknown> = new Set<ProviderErrorKind>([
  'quota',
  'capacity',
  'rate',
  'authentication',
  'not-found',
  'configuration',
  'transient',
]);

export interface GuardedCall<T> {
  /** As it is named in errors, log and metrics. */
  readonly name: string;
  /** Seconds. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly work: (signal: AbortSignal) => unknown;
  /** Looks at the answer. @throws NonsenseError */
  readonly read: (answer: unknown) => T;
}

/**
 * Between us and a driver from outside: whatever it does, a call ends in time, with an answer that can be relied on or with a
 * `ProviderError`. A call that goes on after its end keeps its place, so that a driver that never settles cannot pile them up.
 */
export class CallGuard {
  private under = 0;
  private lost = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    readonly faults: DriverFaults,
    private readonly secrets: Secrets,
  ) {}

  async call<T>(call: GuardedCall<T>): Promise<T> {
    call.signal.throwIfAborted();
    await this.place(call);
    const linked = linkAbort(call.signal);
    const { name, deadline } = call;
    const late = new DeadlineError(`driver ${this.faults.driver}: ${name} took longer than ${deadline} s`);
    const cancel = Number.isFinite(deadline)
      ? this.clock.schedule(deadline, () => linked.abort(late))
      : () => undefined;
    const settled = this.start(call, linked.signal);
    const over = aborted(linked.signal);
    try {
      return call.read(await Promise.race([settled, over.promise]));
    } catch (error) {
      if (linked.signal.aborted && error === linked.signal.reason) this.lose(call, settled);
      throw this.understand(error, name, linked.signal);
    } finally {
      cancel();
      over.forget();
      linked.dispose();
      this.countListeners(name, linked.signal, settled);
    }
  }

  /** A method that answers at once: what it throws, or a nonsense answer, becomes `instead`. */
  now<T>(name: string, work: () => unknown, read: (answer: unknown) => T, instead: (problem: string) => T): T {
    try {
      return read(asDriverCode(this.faults, name, work));
    } catch (error) {
      this.faults.note(error instanceof NonsenseError ? 'nonsense' : 'threw', name, this.wordsOf(error));
      return instead(`driver ${this.faults.driver}: ${name} ${this.wordsOf(error)}`);
    }
  }

  /** Starts the call; the promise settles when the driver's does, however long that takes. */
  private start<T>({ name, work }: GuardedCall<T>, signal: AbortSignal): Promise<unknown> {
    let answer: unknown;
    try {
      answer = asDriverCode(this.faults, name, () => work(signal));
    } catch (error) {
      this.faults.note('threw', name, 'throws instead of rejecting');
      answer = Promise.reject(asRejection(error));
    }
    const settled = Promise.resolve(answer).finally(() => this.leave());
    settled.catch(() => undefined);
    return settled;
  }

  private async place<T>({ name, signal }: GuardedCall<T>): Promise<void> {
    if (this.lost >= MOST_CALLS) {
      throw new ProviderError('transient', `driver ${this.faults.driver}: ${this.lost} calls have never come back`);
    }
    if (this.under < MOST_CALLS) {
      this.under += 1;
      return;
    }
    this.faults.note('flooded', name, `waits: ${this.under} calls are under way`);
    const over = aborted(signal);
    let mine: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => {
      mine = resolve;
      this.waiting.push(resolve);
    });
    try {
      await Promise.race([turn, over.promise]);
    } catch (error) {
      const index = this.waiting.indexOf(mine);
      if (index >= 0) this.waiting.splice(index, 1);
      // Our turn came in the same moment: the next one has it.
      else this.leave();
      throw error;
    } finally {
      over.forget();
    }
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.under -= 1;
  }

  /** The call was called off, or is late. It may still take back what it has begun, but not for ever. */
  private lose<T>({ name }: GuardedCall<T>, settled: Promise<unknown>): void {
    let gone = false;
    const cancel = this.clock.schedule(LINGER, () => {
      gone = true;
      this.lost += 1;
      this.faults.note('hung', name, 'goes on although it was called off');
    });
    const back = (): void => {
      cancel();
      if (gone) this.lost -= 1;
    };
    settled.then(back, back);
  }

  private understand(error: unknown, name: string, signal: AbortSignal): unknown {
    if (error instanceof DeadlineError && error === signal.reason) {
      this.faults.note('hung', name, 'does not answer in time');
      return new ProviderError('transient', error.message, { metric: 'error.unknown', cause: error });
    }
    if (signal.aborted && error === signal.reason) return error;
    if (error instanceof NonsenseError) {
      this.faults.note('nonsense', name, error.message);
      return new ProviderError('transient', `driver ${this.faults.driver}: ${name}: ${error.message}`);
    }
    if (!(error instanceof Error)) this.faults.note('threw', name, `rejects with ${typeof error} instead of an error`);
    return this.asProviderError(error, name);
  }

  /** Drivers bring their own copy of the class: it is known by its looks. */
  private asProviderError(error: unknown, name: string): ProviderError {
    if (!(error instanceof Error)) {
      return new ProviderError('transient', `driver ${this.faults.driver}: ${name} failed: ${this.wordsOf(error)}`);
    }
    const { kind, details } = error as { readonly kind?: unknown; readonly details?: unknown };
    const cause = this.secrets.hideInError(error);
    if ((error as { readonly code?: unknown }).code !== 'NP_PROVIDER' || !KINDS.has(kind)) {
      return new ProviderError('transient', `driver ${this.faults.driver}: ${name} failed: ${cause.message}`, {
        cause,
      });
    }
    const under = error.cause instanceof Error ? this.secrets.hideInError(error.cause) : undefined;
    const { metric, externalId } = (details ?? {}) as { readonly metric?: unknown; readonly externalId?: unknown };
    return new ProviderError(kind as ProviderErrorKind, cause.message, {
      ...(typeof metric === 'string' && /^[\w.-]{1,100}$/.test(metric) ? { metric } : {}),
      ...(typeof externalId === 'string' && externalId !== '' ? { externalId } : {}),
      ...(under ? { cause: under } : {}),
    });
  }

  private wordsOf(error: unknown): string {
    return this.secrets.hideIn(error instanceof Error ? error.message : `${typeof error} thrown`);
  }

  /** Signals end with their calls, so listeners cannot pile up; a driver that leaves them would pile them up elsewhere. */
  private countListeners(name: string, signal: AbortSignal, settled: Promise<unknown>): void {
    const count = (): void => {
      const left = getEventListeners(signal, 'abort').length;
      if (left > 0 && !signal.aborted) this.faults.note('listeners', name, `leaves ${left} listeners on its signal`);
    };
    settled.then(count, count);
  }
}

/** Rejects with the signal's reason once it fires; `forget` takes the listener off. */
export function aborted(signal: AbortSignal): { readonly promise: Promise<never>; readonly forget: () => void } {
  let onAbort: () => void = () => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(asError(signal.reason));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  promise.catch(() => undefined);
  return { promise, forget: () => signal.removeEventListener('abort', onAbort) };
}

function asRejection(error: unknown): Error {
  return error instanceof Error ? error : new Error(`${typeof error} thrown`);
}
