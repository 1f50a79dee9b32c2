/** Reading of one entry of `clouds.yaml`, with a problem for each value that does not fit. Messages never hold values of secrets. */
export type CloudEntry = Readonly<Record<string, unknown>>;

export function isEntry(value: unknown): value is CloudEntry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const YES = ['true', 'yes', 'on', '1'];
const NO = ['false', 'no', 'off', '0'];

export class CloudEntryReader {
  /** @param prefix - of the keys in messages: `auth.` */
  constructor(
    readonly entry: CloudEntry,
    readonly problems: string[],
    private readonly prefix = '',
  ) {}

  has(key: string): boolean {
    return Object.hasOwn(this.entry, key);
  }

  /** The first of the keys that has a value. Numbers count as text, as ids and versions are often written without quotes. */
  text(...keys: readonly string[]): string | null {
    for (const key of keys) {
      const value = this.value(key);
      if (value === null || value === undefined || value === '') continue;
      if (typeof value === 'string') return value;
      if (typeof value === 'number') return String(value);
      this.problem(key, 'expected a text');
    }
    return null;
  }

  /** Like `text`, but a number is a mistake: it may have lost leading zeros when the file was read. */
  secret(key: string): string | null {
    const value = this.value(key);
    if (value === null || value === undefined || value === '') return null;
    if (typeof value === 'string') return value;
    this.problem(key, 'expected a text: put it between quotes');
    return null;
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.value(key);
    if (value === null || value === undefined) return otherwise;
    if (typeof value === 'boolean') return value;
    const text = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : '';
    if (YES.includes(text)) return true;
    if (!NO.includes(text)) this.problem(key, 'expected true or false');
    return false;
  }

  /** Not negative. */
  seconds(key: string): number | null {
    const value = this.value(key);
    if (value === null || value === undefined || value === '') return null;
    const seconds = typeof value === 'string' ? Number(value) : value;
    if (typeof seconds === 'number' && seconds >= 0 && Number.isFinite(seconds)) return seconds;
    this.problem(key, 'expected a number of seconds');
    return null;
  }

  /** `None` in any case, and nothing, both mean none. */
  source(key: string): 'neutron' | 'nova' | null {
    if (this.has(key) && this.value(key) === null) return null;
    const text = this.text(key)?.toLowerCase() ?? 'neutron';
    if (text === 'neutron' || text === 'nova') return text;
    if (text !== 'none') this.problem(key, 'expected neutron, nova or None');
    return null;
  }

  /** A text, or a list of texts. */
  texts(key: string): readonly string[] {
    const value = this.value(key);
    if (!Array.isArray(value))
      return (
        this.text(key)
          ?.split(',')
          .map((part) => part.trim()) ?? []
      );
    return (value as unknown[]).filter((each): each is string => typeof each === 'string');
  }

  list(key: string): readonly unknown[] {
    const value = this.value(key);
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value as unknown[];
    this.problem(key, 'expected a list');
    return [];
  }

  /** Empty if there is none. */
  map(key: string): CloudEntryReader {
    const value = this.value(key);
    if (value !== null && value !== undefined && !isEntry(value)) this.problem(key, 'expected a map of keys');
    return new CloudEntryReader(isEntry(value) ? underscored(value) : {}, this.problems, `${this.prefix}${key}.`);
  }

  problem(key: string, what: string): void {
    this.problems.push(`${this.prefix}${key}: ${what}`);
  }

  /** The text with each `{key}` replaced by that key's value: `https://{region_name}.example.org`. */
  expanded(text: string): string {
    return text.replace(/(?<![$%])\{(\w+)\}/g, (whole, key: string) => {
      const value = this.value(key);
      return typeof value === 'string' && value !== '' ? value : whole;
    });
  }

  private value(key: string): unknown {
    return this.has(key) ? this.entry[key] : undefined;
  }
}

/** Dashes in keys equal underscores. */
export function underscored(entry: CloudEntry): CloudEntry {
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => [key.replaceAll('-', '_'), value]));
}
