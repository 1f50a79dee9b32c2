import { backoffAfterFailure } from '../../domain/decide/build-backoff.js';
import type { Backoff } from '../../domain/decide/build-backoff.js';
import { sameValue } from '../../domain/config/value-equality.js';

/** Failures in a row by subject. What a failure rests on (the configuration) is kept with it: when that changes, it counts no more. */
export class Backoffs {
  private readonly entries = new Map<string, { readonly backoff: Backoff; readonly basis: unknown }>();

  constructor(
    /** Seconds before the first retry. */
    private readonly base: number,
  ) {}

  get(subject: string, basis: unknown): Backoff | undefined {
    const entry = this.entries.get(subject);
    return entry && sameValue(entry.basis, basis) ? entry.backoff : undefined;
  }

  failed(subject: string, basis: unknown, now: number, problem: string): Backoff {
    const backoff = backoffAfterFailure(this.get(subject, basis), { now, base: this.base, problem });
    this.entries.set(subject, { backoff, basis });
    return backoff;
  }

  succeeded(subject: string): void {
    this.entries.delete(subject);
  }
}
