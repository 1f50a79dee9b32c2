import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import type { Random } from '../../../src/ports/runtime/random.js';

/** Seeded randomness with the questions that a simulation asks. */
export class Dice implements Random {
  private readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    // The first numbers of neighbouring seeds are alike.
    for (let turn = 0; turn < 4; turn += 1) this.random.next();
  }

  next(): number {
    return this.random.next();
  }

  hexId(): string {
    return this.random.hexId();
  }

  uuid(): string {
    return this.random.uuid();
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  between(low: number, high: number): number {
    return low + this.random.next() * (high - low);
  }

  /** A whole number, both ends included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.random.next() * (high - low + 1));
  }

  /** Log-uniform: as often between 0.1 and 1 as between 1 and 10. */
  spread(low: number, high: number): number {
    return low * Math.pow(high / low, this.random.next());
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.random.next() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.random.next() * items.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, item] of items) if ((left -= weight) < 0) return item;
    const last = items.at(-1);
    if (!last) throw new Error('nothing to pick from');
    return last[1];
  }
}

/** One independent stream of randomness per user, so that leaving one out changes nothing for the others. */
export class Streams {
  constructor(private readonly seed: number) {}

  of(name: string): Dice {
    let hash = 0x811c9dc5 ^ this.seed;
    for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    return new Dice(hash ^ Math.imul(this.seed, 0x9e3779b1));
  }
}
