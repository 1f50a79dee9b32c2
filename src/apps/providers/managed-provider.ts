import type { ProviderConfig } from '../../domain/config/config.js';
import type { DriverContext, DriverRegistry } from '../../ports/compute/driver.js';
import { ProviderError, providerErrorKind } from '../../ports/compute/errors.js';
import type { Provider } from '../../ports/compute/provider.js';
import { asError, sleep } from '../../ports/toolkit/sleep.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { errorFields } from '../../ports/telemetry/logger.js';

export interface StartPatience {
  /** Seconds one start may take. */
  readonly timeout: number;
  /** Seconds before a failed start is repeated; doubles up to `longestRetry`. */
  readonly firstRetry: number;
  readonly longestRetry: number;
}

/** What `get` answers while a provider cannot be used. */
export interface ProviderProblem {
  readonly problem: string;
  /** True until the first start has succeeded or failed. */
  readonly starting?: boolean;
  /** It will last until the configuration, or the driver's package, changes; anything else may pass by itself. */
  readonly lasting?: boolean;
}

/**
 * One configured provider: made by its driver, started, started again with back-off while that fails, stopped in the end.
 * Whatever the driver throws, or if it hangs, only this provider is concerned.
 */
export class ManagedProvider {
  private state: Provider | ProviderProblem = { problem: 'starting', starting: true };
  private readonly tasks: Supervisor;
  private made: Provider | undefined;

  constructor(
    readonly config: ProviderConfig,
    private readonly drivers: DriverRegistry,
    private readonly context: DriverContext,
    private readonly patience: StartPatience,
    /** Called when `current` has changed. */
    private readonly changed: () => void,
  ) {
    this.tasks = new Supervisor((name, error) => context.logger.error(`${name} failed`, errorFields(error)));
  }

  get current(): Provider | ProviderProblem {
    return this.state;
  }

  get started(): boolean {
    return !('problem' in this.state);
  }

  start(): void {
    this.tasks.start(`provider ${this.config.name}`, (signal) => this.startUntilItWorks(signal));
  }

  async stop(): Promise<void> {
    await this.tasks.stop();
    await this.discard();
  }

  private async startUntilItWorks(signal: AbortSignal): Promise<void> {
    for (let delay = this.patience.firstRetry; ; delay = Math.min(delay * 2, this.patience.longestRetry)) {
      try {
        const provider = await this.startOnce(signal);
        this.become(provider);
        return;
      } catch (error) {
        if (signal.aborted) return;
        await this.discard();
        this.report(error, delay);
        // Only a changed configuration helps, and that makes another object.
        if (this.config.problem !== undefined) return;
      }
      await sleep(this.context.clock, delay, signal);
    }
  }

  private async startOnce(signal: AbortSignal): Promise<Provider> {
    const { problem } = this.config;
    if (problem !== undefined) throw new ProviderError('configuration', problem);
    const driver = this.drivers.driver(this.config.driver);
    if (!driver) throw new ProviderError('configuration', `${this.config.driver}: unknown driver`);
    const provider = driver.createProvider(this.config, this.context);
    this.made = provider;
    await this.withinTime((inner) => provider.start(inner), signal);
    return provider;
  }

  /** A driver that ignores its signal must not hold us up: the race goes on without it. */
  private async withinTime(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const controller = new AbortController();
    const stop = (): void => controller.abort(asError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    const cancel = this.context.clock.schedule(this.patience.timeout, () =>
      controller.abort(new ProviderError('transient', `the driver did not start within ${this.patience.timeout} s`)),
    );
    try {
      await Promise.race([work(controller.signal), rejected(controller.signal)]);
    } finally {
      cancel();
      signal.removeEventListener('abort', stop);
    }
  }

  private become(state: Provider | ProviderProblem): void {
    this.state = state;
    this.changed();
  }

  private report(error: unknown, delay: number): void {
    const problem = asError(error).message;
    this.context.logger.error('The provider could not be started', {
      provider: this.config.name,
      ...(this.config.problem === undefined ? { retryIn: delay } : {}),
      ...errorFields(error),
    });
    this.become({
      problem,
      lasting: this.config.problem !== undefined || providerErrorKind(error) === 'configuration',
    });
  }

  private async discard(): Promise<void> {
    const made = this.made;
    this.made = undefined;
    if (!made) return;
    try {
      await this.withinTime(() => made.stop(), new AbortController().signal);
    } catch (error) {
      this.context.logger.warn('The provider did not stop properly', {
        provider: this.config.name,
        ...errorFields(error),
      });
    }
  }
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(asError(signal.reason));
    signal.addEventListener('abort', () => reject(asError(signal.reason)), { once: true });
  });
}
