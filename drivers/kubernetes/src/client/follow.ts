/** Following one object until something is known of it [K24]. */
import { Failure, isKind } from '../failure.js';
import type { ApiClient } from './api-client.js';
import { apiFailure, hasStatus } from './api-failure.js';
import type { KubeObject, Status, WatchEvent } from './objects.js';
import { pause } from './pause.js';

/** What an object tells: an answer, or to look again at the next change, after `within` seconds at the latest. */
export type Verdict<T> = { readonly answer: T } | { readonly within: number | null };

/** Given the object as it is now, null when there is none. May throw: then following ends. */
export type Judge<T> = (found: KubeObject | null) => Verdict<T>;

export interface Followed {
  /** Path of the collection. */
  readonly collection: string;
  readonly name: string;
}

/** Between two looks where watching is not allowed. */
const LOOK = 2;
/** Before a watch that ended is taken up again; doubles while watches say nothing. */
const FIRST_PAUSE = 0.1;
const LONGEST_PAUSE = 5;
/** Failures in a row that end it. */
const FAILURES = 5;

/** @throws what `judge` throws, a Failure, or the signal's reason */
export async function follow<T>(client: ApiClient, what: Followed, judge: Judge<T>, signal: AbortSignal): Promise<T> {
  const follower = new Follower(client, what, judge, signal);
  return follower.run();
}

class Follower<T> {
  private found: KubeObject | null = null;
  /** Where the next watch goes on; null: list first. */
  private version: string | null = null;
  private failures = 0;
  private rest = FIRST_PAUSE;

  constructor(
    private readonly client: ApiClient,
    private readonly what: Followed,
    private readonly judge: Judge<T>,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<T> {
    for (;;) {
      try {
        const listed = this.version === null ? await this.list() : null;
        const verdict = listed && 'answer' in listed ? listed : await this.watch();
        if ('answer' in verdict) return verdict.answer;
        await this.breathe();
      } catch (error) {
        if (error instanceof Judged) throw error.reason;
        if (hasStatus(error, 403, 405)) return this.look();
        if (hasStatus(error, 410)) this.version = null;
        else await this.afterFailure(error);
      }
    }
  }

  private async list(): Promise<Verdict<T>> {
    const { items, version } = await this.client.list(this.path(), this.signal);
    this.failures = 0;
    this.found = items.find(({ metadata }) => metadata.name === this.what.name) ?? null;
    this.version = version;
    return this.decide();
  }

  /** Ends with the watch, or when the judge wants to look again without any change. */
  private async watch(): Promise<Verdict<T>> {
    let verdict = this.decide();
    if ('answer' in verdict) return verdict;
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(this.signal.reason);
    this.signal.addEventListener('abort', onAbort, { once: true });
    let cancel = this.wakeAfter(verdict.within, stop);
    try {
      for await (const event of this.client.watch(this.path(), this.version ?? '', stop.signal)) {
        this.failures = 0;
        this.rest = FIRST_PAUSE;
        if (!this.take(event)) continue;
        verdict = this.decide();
        if ('answer' in verdict) return verdict;
        cancel();
        cancel = this.wakeAfter(verdict.within, stop);
      }
    } catch (error) {
      if (error !== TIME) throw error;
      this.rest = 0;
    } finally {
      cancel();
      this.signal.removeEventListener('abort', onAbort);
      stop.abort(TIME);
    }
    return this.decide();
  }

  private decide(): Verdict<T> {
    try {
      return this.judge(this.found);
    } catch (error) {
      throw new Judged(error);
    }
  }

  /** Notes what an event says; answers whether it is about our object. @throws ApiFailure for an event of the server's trouble */
  private take({ type, object }: WatchEvent): boolean {
    if (type === 'ERROR') {
      const status = object as Status;
      throw apiFailure(`watching ${this.what.name}`, status.code ?? 500, status, undefined);
    }
    const { metadata } = object as KubeObject;
    this.version = metadata.resourceVersion ?? this.version;
    if (type === 'BOOKMARK' || metadata.name !== this.what.name) return false;
    this.found = type === 'DELETED' ? null : (object as KubeObject);
    return true;
  }

  /** For roles that allow no more than a look at the object itself. */
  private async look(): Promise<T> {
    for (;;) {
      let found: KubeObject | null = null;
      try {
        found = await this.client.get(`${this.what.collection}/${encodeURIComponent(this.what.name)}`, this.signal);
        this.failures = 0;
      } catch (error) {
        if (!isKind(error, 'not-found')) {
          await this.afterFailure(error);
          continue;
        }
      }
      const verdict = this.judge(found);
      if ('answer' in verdict) return verdict.answer;
      await pause(this.client.clock, Math.min(LOOK, verdict.within ?? LOOK), this.signal);
    }
  }

  private wakeAfter(seconds: number | null, stop: AbortController): () => void {
    if (seconds === null) return () => undefined;
    return this.client.clock.schedule(seconds, () => stop.abort(TIME));
  }

  private async breathe(): Promise<void> {
    await pause(this.client.clock, this.rest, this.signal);
    this.rest = Math.min(LONGEST_PAUSE, Math.max(FIRST_PAUSE, this.rest * 2));
  }

  private async afterFailure(error: unknown): Promise<void> {
    this.signal.throwIfAborted();
    this.failures += 1;
    const passing = isKind(error, 'transient') || isKind(error, 'rate');
    if (!passing || this.failures >= FAILURES) throw error;
    await pause(this.client.clock, error.details.retryAfter ?? 2 ** (this.failures - 2), this.signal);
  }

  private path(): string {
    return `${this.what.collection}?fieldSelector=${encodeURIComponent(`metadata.name=${this.what.name}`)}`;
  }
}

/** What the judge threw is no trouble of the server: it is not tried again. */
class Judged extends Error {
  constructor(readonly reason: unknown) {
    super('judged');
  }
}

/** The judge wanted to look again. */
const TIME = new Failure('transient', 'time to look again');
