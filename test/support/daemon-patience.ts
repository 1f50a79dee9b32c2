import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  /** Seconds; generous, for machines may be slow and busy. */
  readonly limit?: number;
  /** Seconds between two looks. */
  readonly every?: number;
  /** What the reader of the failure should see besides. */
  readonly story?: () => string;
}

type Found<T> = Exclude<T, undefined | null | false | ''>;

/** Looks again and again until something comes of it; fails after `limit` seconds. A look that throws ends it. */
export async function until<T>(what: string, look: () => T | Promise<T>, patience: Patience = {}): Promise<Found<T>> {
  const { limit = 60, every = 0.05, story } = patience;
  const end = performance.now() + limit * 1000;
  const more = (): string => (story ? `\n${story()}` : '');
  for (;;) {
    let found: T;
    try {
      found = await look();
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}${more()}`, { cause: error });
    }
    if (found) return found as Found<T>;
    if (performance.now() > end) throw new Error(`It did not come about within ${limit} s that ${what}${more()}`);
    await delay(every * 1000);
  }
}
