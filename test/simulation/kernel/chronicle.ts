import type { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';

export interface Violation {
  /** Short name of what does not hold. */
  readonly rule: string;
  readonly detail: string;
  /** Virtual seconds since the beginning. */
  readonly at: number;
}

/** What happened, in order, and the first thing that must not have happened. */
export class Chronicle {
  violation: Violation | null = null;
  /** A digest of all lines: two runs of one seed have the same. */
  digest = 0;
  lineCount = 0;
  private readonly kept: string[] = [];

  /** @param keep lines remembered; 0 = the digest alone */
  constructor(
    private readonly clock: VirtualClock,
    private readonly keep: number,
  ) {}

  get lines(): readonly string[] {
    return this.kept;
  }

  get broken(): boolean {
    return this.violation !== null;
  }

  say(who: string, text: string): void {
    const line = `${this.clock.monotonic().toFixed(4).padStart(11)} ${who.padEnd(12)} ${text}`;
    this.lineCount += 1;
    for (let at = 0; at < line.length; at += 1) this.digest = (Math.imul(this.digest, 31) + line.charCodeAt(at)) | 0;
    if (this.keep <= 0) return;
    this.kept.push(line);
    if (this.kept.length > this.keep * 2) this.kept.splice(0, this.kept.length - this.keep);
  }

  /** Only the first counts: what follows may follow from it. */
  fail(rule: string, detail: string): void {
    if (this.violation) return;
    this.violation = { rule, detail, at: this.clock.monotonic() };
    this.say('VIOLATION', `${rule}: ${detail}`);
  }
}
