import type { OptionValue } from './log-config-draft.js';

/** Why the text is no value. */
export class LiteralError extends Error {
  override readonly name = 'LiteralError';
}

const TOKEN =
  /\s*(?:([rRuUbB]?)('(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*")|(0[xX][0-9a-fA-F]+|0[oO][0-7]+|\d[\d_]*(?:\.\d*)?)|([A-Za-z_][\w.]*)|([()[\]{},:*+-]))/y;

interface Token {
  readonly kind: 'text' | 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
}

/**
 * The values that Python's INI format has in `args` and `kwargs`: texts, numbers (also products, `10*1024*1024`), names, tuples,
 * lists and dictionaries. Nothing is evaluated. @throws LiteralError
 */
export function parseLiteral(source: string): OptionValue {
  const reader = new LiteralReader(tokens(source));
  const value = reader.value();
  reader.expectEnd();
  return value;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  const text = source.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new LiteralError(`${text.slice(at).trim()} cannot be understood`);
    const [, prefix = '', quoted, number, name, sign] = match;
    if (quoted !== undefined)
      found.push({ kind: 'text', text: /r/i.test(prefix) ? quoted.slice(1, -1) : unescape(quoted.slice(1, -1)) });
    else if (number !== undefined) found.push({ kind: 'number', text: number.replaceAll('_', '') });
    else if (name !== undefined) found.push({ kind: 'name', text: name });
    else found.push({ kind: 'sign', text: sign ?? '' });
  }
  return found;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' };

function unescape(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([^]))/g,
    (whole: string, hex: string | undefined, wide: string | undefined, char: string | undefined) => {
      const code = hex ?? wide;
      if (code !== undefined) return String.fromCharCode(parseInt(code, 16));
      return ESCAPES[char ?? ''] ?? (`\\'"`.includes(char ?? '?') ? (char ?? '') : whole);
    },
  );
}

const NAMES: ReadonlyMap<string, boolean | null> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
]);

class LiteralReader {
  private at = 0;

  constructor(private readonly found: readonly Token[]) {}

  value(): OptionValue {
    let value = this.factor();
    while (this.isSign('*') || this.isSign('+') || this.isSign('-')) {
      const sign = this.next().text;
      // Without brackets only products are common; sums are taken from left to right like them.
      const other = this.factor();
      if (typeof value !== 'number' || typeof other !== 'number')
        throw new LiteralError(`${sign} needs numbers on both sides`);
      value = sign === '*' ? value * other : sign === '+' ? value + other : value - other;
    }
    return value;
  }

  expectEnd(): void {
    const token = this.peek();
    if (token.kind !== 'end') throw new LiteralError(`${token.text} is too much`);
  }

  private factor(): OptionValue {
    const token = this.next();
    switch (token.kind) {
      case 'text':
        return this.joined(token.text);
      case 'number':
        return Number(token.text);
      case 'name':
        return NAMES.has(token.text) ? (NAMES.get(token.text) ?? null) : { python: token.text };
      case 'sign':
        return this.bracketed(token.text);
      case 'end':
        throw new LiteralError('a value is missing');
    }
  }

  /** Texts side by side are one text. */
  private joined(first: string): string {
    let text = first;
    while (this.peek().kind === 'text') text += this.next().text;
    return text;
  }

  private bracketed(sign: string): OptionValue {
    if (sign === '(') {
      const { items, comma } = this.items(')');
      return items.length === 1 && !comma ? (items[0] ?? null) : items;
    }
    if (sign === '[') return this.items(']').items;
    if (sign === '{') return this.dictionary();
    if (sign === '-' || sign === '+') {
      const value = this.factor();
      if (typeof value === 'number') return sign === '-' ? -value : value;
    }
    throw new LiteralError(`${sign} stands where a value belongs`);
  }

  private items(end: string): { readonly items: OptionValue[]; readonly comma: boolean } {
    const items: OptionValue[] = [];
    let comma = false;
    while (!this.isSign(end)) {
      items.push(this.value());
      comma = this.isSign(',');
      if (comma) this.next();
      else if (!this.isSign(end)) throw new LiteralError(`${end} is missing`);
      if (this.peek().kind === 'end') throw new LiteralError(`${end} is missing`);
    }
    this.next();
    return { items, comma };
  }

  private dictionary(): OptionValue {
    const dictionary = new Map<string, OptionValue>();
    while (!this.isSign('}')) {
      const key = this.value();
      if (typeof key !== 'string') throw new LiteralError('the keys of a dictionary have to be texts');
      if (!this.isSign(':')) throw new LiteralError(`: is missing after '${key}'`);
      this.next();
      dictionary.set(key, this.value());
      if (this.isSign(',')) this.next();
      else if (!this.isSign('}')) throw new LiteralError('} is missing');
    }
    this.next();
    return { dictionary };
  }

  private isSign(sign: string): boolean {
    const token = this.peek();
    return token.kind === 'sign' && token.text === sign;
  }

  private peek(): Token {
    return this.found[this.at] ?? { kind: 'end', text: 'the end' };
  }

  private next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }
}
