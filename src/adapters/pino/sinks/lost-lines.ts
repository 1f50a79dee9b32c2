/** Counts lines that could not be written, and words the notice about them. */
export class LostLines {
  private count = 0;
  private reason = '';

  add(reason: string): void {
    this.count += 1;
    this.reason = reason;
  }

  /** What to write before the next line; empty if nothing was lost since. */
  take(): string {
    if (this.count === 0) return '';
    const notice = `nodepool: ${this.count} lines of the log were lost here (${this.reason})\n`;
    this.count = 0;
    return notice;
  }

  /** The notice could not be written either. */
  putBack(count: number): void {
    this.count += count;
  }

  get waiting(): number {
    return this.count;
  }
}

export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
