import { malformed } from '../read-json-body.js';

/** The members of a JSON object, each read with its type; every fault names the member. */
export class Members {
  private readonly rest: Map<string, unknown>;

  /** @throws ApiProblem 400 unless the body is an object */
  constructor(body: unknown) {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw malformed('The body is no JSON object.');
    this.rest = new Map(Object.entries(body));
  }

  whole(name: string, least: number, most: number): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw malformed(`${name} has to be a whole number from ${least} to ${most}.`);
  }

  text(name: string, least: number, most: number): string | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw malformed(`${name} has to be a text.`);
    checkText(name, value, least, most);
    return value;
  }

  oneOf<T extends string>(name: string, known: readonly T[]): T | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const found = known.find((each) => each === value);
    if (found !== undefined) return found;
    throw malformed(`${name} has to be one of ${known.join(', ')}.`);
  }

  texts(
    name: string,
    { least, most, longest }: { readonly least: number; readonly most: number; readonly longest: number },
  ): readonly string[] | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((each): each is string => typeof each === 'string'))
      throw malformed(`${name} has to be a list of texts.`);
    if (value.length < least || value.length > most)
      throw malformed(`${name} has to have ${least} to ${most} entries.`);
    for (const each of value) checkText(name, each, 1, longest);
    return value;
  }

  /** @throws ApiProblem 400 if there is anything else */
  end(): void {
    const [name] = this.rest.keys();
    if (name !== undefined) throw malformed(`The member ${JSON.stringify(name.slice(0, 60))} is not known.`);
  }

  private take(name: string): unknown {
    const value = this.rest.get(name);
    this.rest.delete(name);
    return value;
  }
}

/** Characters are counted, not units of UTF-16; halves of characters and what ends lines of terminals cannot be kept. */
function checkText(name: string, text: string, least: number, most: number): void {
  const { length } = [...text];
  if (length < least || length > most) throw malformed(`${name} has to have ${least} to ${most} characters.`);
  if (/[\0\ud800-\udfff]/u.test(text)) throw malformed(`${name} has a character that cannot be kept.`);
}
