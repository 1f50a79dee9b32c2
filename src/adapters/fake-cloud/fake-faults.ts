import { ProviderError } from '../../ports/compute/errors.js';
import type { ProviderErrorKind } from '../../ports/compute/errors.js';
import type { Random } from '../../ports/runtime/random.js';
import type { FakeCallArguments, FakeFaultTarget } from './fake-call.js';

/**
 * How a call goes wrong.
 * - `fail`: refused; nothing happened.
 * - `lose-reply`: carried out, and yet the caller gets an error.
 * - `hang`: no answer, and nothing happened. Ends when the caller's signal is aborted.
 * - `hang-after`: carried out, but the answer never comes.
 *
 * For `boot`: `fail` = the server ends in an error, any hang = it never gets ready.
 */
export const FAKE_FAULT_EFFECTS = ['fail', 'lose-reply', 'hang', 'hang-after'] as const;
export type FakeFaultEffect = (typeof FAKE_FAULT_EFFECTS)[number];

export interface FakeFault {
  readonly target: FakeFaultTarget;
  /** Default `fail`. */
  readonly effect?: FakeFaultEffect;
  /** How many calls are hit; default for ever. */
  readonly times?: number;
  /** Chance of each call to be hit, 0 to 1; default 1. */
  readonly probability?: number;
  /** Only calls with such arguments; default all. */
  readonly when?: (args: FakeCallArguments) => boolean;
  /** Default `transient`. */
  readonly kind?: ProviderErrorKind;
  readonly message?: string;
  /** Launch result for metrics. */
  readonly metric?: string;
  /** Seconds the cloud says to wait. */
  readonly retryAfter?: number;
}

interface ArmedFault {
  readonly fault: FakeFault;
  left: number;
}

/** The faults in force, in the order they were added; the first that applies hits the call. */
export class FakeFaults {
  private armed: ArmedFault[] = [];

  constructor(private readonly random: Random) {}

  /** Answers the way to take the fault back. */
  add(fault: FakeFault): () => void {
    const entry: ArmedFault = { fault, left: fault.times ?? Infinity };
    this.armed.push(entry);
    return () => {
      this.armed = this.armed.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.armed = [];
  }

  /** The fault that hits this call, which uses up one of its times. */
  take(target: FakeFaultTarget, args: FakeCallArguments): FakeFault | undefined {
    const hit = this.armed.find((entry) => entry.fault.target === target && this.applies(entry.fault, args));
    if (!hit) return undefined;
    hit.left -= 1;
    if (hit.left <= 0) this.armed = this.armed.filter((entry) => entry !== hit);
    return hit.fault;
  }

  private applies(fault: FakeFault, args: FakeCallArguments): boolean {
    if (fault.when && !fault.when(args)) return false;
    return fault.probability === undefined || this.random.next() < fault.probability;
  }
}

/** The error a fault makes a caller see. */
export function faultError(fault: FakeFault): ProviderError {
  const message = fault.message ?? `The fake cloud was told to fail this ${fault.target}`;
  return new ProviderError(fault.kind ?? 'transient', message, {
    ...(fault.metric === undefined ? {} : { metric: fault.metric }),
    ...(fault.retryAfter === undefined ? {} : { retryAfter: fault.retryAfter }),
  });
}
