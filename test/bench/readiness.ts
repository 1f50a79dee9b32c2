import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Asks `/ready` again and again, as a service manager does: whoever holds the event loop makes it wait. */
export class Readiness {
  /** Milliseconds of each answer. */
  readonly answers: number[] = [];
  private readonly over = new AbortController();
  private readonly asking: Promise<void>;

  /** @param between milliseconds between an answer and the next question */
  constructor(
    private readonly web: string,
    between: number,
  ) {
    this.asking = this.ask(between);
  }

  async end(): Promise<readonly number[]> {
    this.over.abort();
    await this.asking;
    return this.answers;
  }

  private async ask(between: number): Promise<void> {
    while (!this.over.signal.aborted) {
      const asked = performance.now();
      await new Promise((resolve, reject) => {
        get(`${this.web}/ready`, (response) => response.resume().once('end', resolve)).once('error', reject);
      });
      this.answers.push(performance.now() - asked);
      await delay(between);
    }
  }
}
