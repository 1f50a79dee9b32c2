import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers';
import type { Clock } from '../../ports/runtime/clock.js';

/** A body with the moment it was made, seconds since the epoch. */
export interface Answer {
  readonly body: Buffer;
  readonly madeAt: number;
  /** The same for the same bytes, with quotes, as in the header. */
  readonly etag: string;
}

export function makeAnswer(body: Buffer, madeAt: number): Answer {
  return { body, madeAt, etag: etagOf(createHash('sha1').update(body).digest('base64url')) };
}

/** Others have their turn between two parts: the 5 MB of 10,000 nodes would take the loop for 50 ms and more. */
async function answerInParts(parts: Iterable<string>, madeAt: number): Promise<Answer> {
  const hash = createHash('sha1');
  const pieces: Buffer[] = [];
  for (const part of parts) {
    const piece = Buffer.from(part);
    hash.update(piece);
    pieces.push(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { body: Buffer.concat(pieces), madeAt, etag: etagOf(hash.digest('base64url')) };
}

function etagOf(digest: string): string {
  return `"${digest}"`;
}

/** Seconds that an answer may be given again (spec BUILDER 4.4). */
export const MAX_AGE = 1;

/**
 * Answers of the last second by key. Bounded in number and bytes: the key contains what strangers write into the query. Made one after
 * the other, so that a crowd with many keys has one list in the making; who asks for what is being made gets that.
 */
export class AnswerCache {
  private readonly answers = new Map<string, { readonly answer: Answer; readonly until: number }>();
  private readonly underway = new Map<string, Promise<Answer>>();
  private last: Promise<unknown> = Promise.resolve();
  private bytes = 0;

  constructor(
    private readonly clock: Clock,
    private readonly maxAnswers = 256,
    private readonly maxBytes = 32 * 1024 * 1024,
  ) {}

  get size(): number {
    return this.answers.size;
  }

  /** @throws what `make` or the making of a part throws */
  async answer(key: string, make: () => Iterable<string>): Promise<Answer> {
    const cached = this.answers.get(key);
    if (cached && this.clock.monotonic() < cached.until) return cached.answer;
    const underway = this.underway.get(key);
    if (underway) return underway;
    const made = this.last.then(() => answerInParts(make(), this.clock.now()));
    this.underway.set(key, made);
    this.last = made.catch(() => undefined);
    try {
      const answer = await made;
      this.keep(key, answer);
      return answer;
    } finally {
      this.underway.delete(key);
    }
  }

  private keep(key: string, answer: Answer): void {
    const now = this.clock.monotonic();
    this.forget(key);
    this.answers.set(key, { answer, until: now + MAX_AGE });
    this.bytes += answer.body.length;
    this.shrink(now);
  }

  /** Insertion order is the order of age, so that the first are the first to go. */
  private shrink(now: number): void {
    for (const [key, { until }] of this.answers) {
      if (until > now && this.answers.size <= this.maxAnswers && this.bytes <= this.maxBytes) return;
      this.forget(key);
    }
  }

  private forget(key: string): void {
    const found = this.answers.get(key);
    if (!found) return;
    this.answers.delete(key);
    this.bytes -= found.answer.body.length;
  }
}
