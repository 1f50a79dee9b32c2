import type { Resources } from '../../domain/model/quota.js';
import type { ProviderError } from '../../ports/compute/errors.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { CancelTimer } from '../../ports/runtime/clock.js';

export type FakeServerStatus = 'building' | 'active' | 'error' | 'deleting' | 'gone';

export interface FakeServerFacts {
  readonly id: string;
  readonly name: string;
  /** Who must not get a second server: the key of its request. Null for servers that are not ours. */
  readonly owner: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly resources: Resources;
  readonly zone: string | null;
  /** The disk image or cloud image it runs; null if it does not matter. */
  readonly image: string | null;
  /** Does it take room on the cloud's machines? Those that found none count for the quota all the same, until deleted. */
  readonly hosted: boolean;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  /** When lists begin to show it, by the clock that never jumps. */
  readonly listedFrom: number;
}

/** A server as observers see it. */
export interface FakeServerView extends FakeServerFacts {
  readonly status: FakeServerStatus;
  /** What broke it; null unless in status `error`. */
  readonly fault: ProviderError | null;
}

/** One server: its facts, its status, the cloud's next step with it, and those who wait for that. */
export class FakeServer {
  private current: FakeServerStatus = 'building';
  private problem: ProviderError | null = null;
  private cancelStep: CancelTimer | null = null;
  private readonly watchers = new Set<() => void>();

  constructor(readonly facts: FakeServerFacts) {}

  get status(): FakeServerStatus {
    return this.current;
  }

  get fault(): ProviderError | null {
    return this.problem;
  }

  view(): FakeServerView {
    return { ...this.facts, status: this.current, fault: this.problem };
  }

  become(status: Exclude<FakeServerStatus, 'error'>): void {
    this.change(status, null);
  }

  /** The server breaks; whoever waits for it gets this error. */
  fail(problem: ProviderError): void {
    this.change('error', problem);
  }

  /** The timer of the cloud's next step; ended by any change of status. */
  nextStep(cancel: CancelTimer): void {
    this.cancelStep?.();
    this.cancelStep = cancel;
  }

  /** Resolves as soon as the status is one of these; rejects with the signal's reason. */
  until(statuses: readonly FakeServerStatus[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(asError(signal.reason));
      if (statuses.includes(this.current)) return resolve();
      const settle = (): void => {
        this.watchers.delete(onChange);
        signal.removeEventListener('abort', onAbort);
      };
      const onChange = (): void => {
        if (!statuses.includes(this.current)) return;
        settle();
        resolve();
      };
      const onAbort = (): void => {
        settle();
        reject(asError(signal.reason));
      };
      this.watchers.add(onChange);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  private change(status: FakeServerStatus, problem: ProviderError | null): void {
    this.cancelStep?.();
    this.cancelStep = null;
    this.current = status;
    this.problem = problem;
    for (const watcher of [...this.watchers]) watcher();
  }
}
