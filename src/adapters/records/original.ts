import { membersOf, type JsonMember } from './json-members.js';
import { formatPythonJson, JsonText, parsePythonJson, PythonFloat } from './python-json.js';
import { isObject, type Base } from './record-codec.js';
import { pythonText } from '../../domain/presentation/python-json.js';

/** A key on the wire and what is to be written for it. */
export type Pair = readonly [key: string, value: unknown];

/**
 * The record that a new version is written over. JavaScript does not tell `1.0` from `1`, rounds long numbers and has no text for NaN;
 * so what we do not change is never written from its value, but from the text that was found.
 */
export class Original<T> {
  private constructor(
    readonly value: T,
    private readonly members: readonly JsonMember[],
    private readonly texts: ReadonlyMap<string, string>,
  ) {}

  static of<T>(base: Base<T> | undefined): Original<T> | undefined {
    if (!base) return undefined;
    const members = membersOf(new TextDecoder().decode(base.data));
    // Of a key that is there twice the last one counts.
    return new Original(base.value, members, new Map(members.map(({ key, valueText }) => [key, valueText])));
  }

  /** For a value that is the same still: what was found, if it says the same as what would be written. */
  kept(key: string, encoded: unknown, asFound: boolean): unknown {
    const text = this.texts.get(key);
    return text !== undefined && (asFound || says(text, encoded)) ? new JsonText(text) : encoded;
  }

  /** For the whole: each member in its place, the new ones behind. Members that are not among `pairs` go. */
  rewrite(pairs: ReadonlyMap<string, unknown>): string {
    const left = new Map(pairs);
    const parts: string[] = [];
    const last = new Map(this.members.map((member) => [member.key, member]));
    for (const member of last.values()) {
      if (!left.has(member.key)) continue;
      const value = left.get(member.key);
      left.delete(member.key);
      parts.push(`${member.keyText}: ${this.textOf(member, value)}`);
    }
    for (const [key, value] of left) parts.push(`${pythonText(key)}: ${formatPythonJson(value)}`);
    return `{${parts.join(', ')}}`;
  }

  /** What we do not know, at least, is as it was. */
  private textOf({ key, valueText }: JsonMember, value: unknown): string {
    const { extra } = this.value as { readonly extra?: Readonly<Record<string, unknown>> };
    const untouched = extra !== undefined && Object.hasOwn(extra, key) && extra[key] === value;
    return untouched ? valueText : formatPythonJson(value);
  }
}

/** Does the text say what we would write? Objects that were not changed do: we took them as they were. */
function says(text: string, encoded: unknown): boolean {
  const first = text[0];
  if (first === '{') return isObject(encoded);
  if (first === '[') return Array.isArray(encoded) && sameLength(text, encoded);
  const found = parsePythonJson(text);
  return encoded instanceof PythonFloat ? found === encoded.value : found === encoded;
}

/** Of lists we take all items or leave those of a wrong type out. */
function sameLength(text: string, encoded: readonly unknown[]): boolean {
  const found = parsePythonJson(text);
  return Array.isArray(found) && found.length === encoded.length;
}
