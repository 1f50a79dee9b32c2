import { randomUUID } from 'node:crypto';
import type { Random } from '../../ports/runtime/random.js';

/** Real randomness. */
export class SystemRandom implements Random {
  next(): number {
    return Math.random();
  }

  hexId(): string {
    return randomUUID().replaceAll('-', '');
  }

  uuid(): string {
    return randomUUID();
  }
}
