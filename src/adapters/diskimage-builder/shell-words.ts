/** The text ends inside quotes or after a backslash. */
export class UnbalancedQuotesError extends Error {
  readonly code = 'NP_UNBALANCED_QUOTES';
  override readonly name = 'UnbalancedQuotesError';
}

const BLANK = /\s/;
/** What a backslash may protect inside double quotes (POSIX shell). */
const ESCAPABLE_IN_DOUBLE = new Set(['"', '\\']);

/** Splits a command line into words as a POSIX shell would, without any expansion: quotes and backslashes only. @throws UnbalancedQuotesError */
export function shellWords(text: string): readonly string[] {
  return new WordReader(text).words();
}

class WordReader {
  private readonly found: string[] = [];
  /** Null between words; an empty word may come from quotes. */
  private word: string | null = null;
  private position = 0;

  constructor(private readonly text: string) {}

  words(): readonly string[] {
    while (this.position < this.text.length) this.step(this.next());
    this.endWord();
    return this.found;
  }

  private step(character: string): void {
    if (BLANK.test(character)) this.endWord();
    else if (character === "'") this.singleQuoted();
    else if (character === '"') this.doubleQuoted();
    else if (character === '\\') this.add(this.next());
    else this.add(character);
  }

  private singleQuoted(): void {
    this.add('');
    for (let character = this.next(); character !== "'"; character = this.next()) this.add(character);
  }

  private doubleQuoted(): void {
    this.add('');
    for (let character = this.next(); character !== '"'; character = this.next()) {
      if (character !== '\\') {
        this.add(character);
        continue;
      }
      const escaped = this.next();
      this.add(ESCAPABLE_IN_DOUBLE.has(escaped) ? escaped : `\\${escaped}`);
    }
  }

  private next(): string {
    const character = this.text[this.position];
    if (character === undefined) throw new UnbalancedQuotesError(`quotes are not closed in: ${this.text}`);
    this.position += 1;
    return character;
  }

  private add(text: string): void {
    this.word = (this.word ?? '') + text;
  }

  private endWord(): void {
    if (this.word !== null) this.found.push(this.word);
    this.word = null;
  }
}
