import { asError, sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';
import { FakeCallLog } from './fake-call.js';
import type { FakeCallArguments, FakeCallKind } from './fake-call.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { FakeFaults, faultError } from './fake-faults.js';
import { draw } from './fake-knobs.js';
import type { FakeKnobs } from './fake-knobs.js';

const CALLS_REMEMBERED = 1000;

/** Calls that count for the rate limit, and the seconds for which they do. */
const LIMITED: ReadonlySet<FakeCallKind> = new Set<FakeCallKind>(['create', 'delete']);
const LIMIT_PERIOD = 60;

/** Every call to the fake cloud goes through here: it takes its latency, is recorded, and may be hit by a fault. */
export class FakeApi {
  readonly log = new FakeCallLog(CALLS_REMEMBERED);
  readonly faults: FakeFaults;
  /** When the calls of the last period were let in. */
  private recent: number[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly knobs: () => FakeKnobs,
  ) {
    this.faults = new FakeFaults(random);
  }

  /** Carries out `effect` at half the latency. @throws what the effect throws, the fault's error, or the signal's reason */
  async call<T>(
    kind: FakeCallKind,
    args: FakeCallArguments,
    signal: AbortSignal,
    effect: () => T | Promise<T>,
  ): Promise<T> {
    const end = this.log.start(kind, args, this.clock.now());
    try {
      const answer = await this.answer(kind, args, signal, effect);
      end('ok', this.clock.now());
      return answer;
    } catch (error) {
      end(signal.aborted ? 'aborted' : 'failed', this.clock.now(), asError(error).message);
      throw error;
    }
  }

  /** Lets time pass, without a timer if there is none to pass. */
  async pass(seconds: number, signal: AbortSignal): Promise<void> {
    if (seconds > 0) await sleep(this.clock, seconds, signal);
  }

  /** @throws ProviderError kind `rate` if there were too many calls lately */
  private keepRate(): void {
    const { rateLimit } = this.knobs();
    if (rateLimit === Infinity) return;
    const now = this.clock.monotonic();
    this.recent = this.recent.filter((at) => at > now - LIMIT_PERIOD);
    const oldest = this.recent.at(-rateLimit);
    if (this.recent.length >= rateLimit) {
      const retryAfter = (oldest ?? now) + LIMIT_PERIOD - now;
      throw new ProviderError('rate', '429: Too many requests', { retryAfter });
    }
    this.recent.push(now);
  }

  private async answer<T>(
    kind: FakeCallKind,
    args: FakeCallArguments,
    signal: AbortSignal,
    effect: () => T | Promise<T>,
  ): Promise<T> {
    if (signal.aborted) throw asError(signal.reason);
    const fault = this.faults.take(kind, args);
    const mode = fault ? (fault.effect ?? 'fail') : null;
    const half = draw(this.knobs().apiLatency, this.random) / 2;
    await this.pass(half, signal);
    if (fault && mode === 'fail') throw faultError(fault);
    if (mode === 'hang') await endless(signal);
    if (LIMITED.has(kind)) this.keepRate();
    const answer = await effect();
    if (mode === 'hang-after') await endless(signal);
    await this.pass(half, signal);
    if (fault && mode === 'lose-reply') throw faultError(fault);
    return answer;
  }
}

function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) return reject(asError(signal.reason));
    signal.addEventListener('abort', () => reject(asError(signal.reason)), { once: true });
  });
}
