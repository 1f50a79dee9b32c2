import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { YAMLMap } from 'yaml';
import { spotIn } from './log-config-error.js';
import type { Spot } from './log-config-error.js';

/** A dictionary of a YAML file (or JSON, which is YAML), with the lines of its keys. All readers throw LogConfigError. */
export interface DictPart {
  readonly spot: Spot;
  readonly keys: readonly string[];
  has(key: string): boolean;
  get(key: string): unknown;
  text(key: string): string | undefined;
  flag(key: string, fallback: boolean): boolean;
  list(key: string): readonly string[];
  part(key: string): DictPart | undefined;
  parts(key: string): ReadonlyMap<string, DictPart>;
}

/** @throws LogConfigError unless the text is a dictionary */
export function openDict(text: string, file: string): DictPart {
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), {
    lineCounter: lines,
    prettyErrors: false,
    version: '1.1',
    schema: 'yaml-1.1',
    merge: true,
    logLevel: 'error',
  });
  const lineAt = (offset: number | undefined): number => Math.max(1, lines.linePos(offset ?? 0).line);
  const [error] = document.errors;
  if (error) spotIn(file, '', () => lineAt(error.pos[0])).fail(null, `this is no YAML: ${error.message}`);
  const { contents } = document;
  if (!isMap(contents)) return spotIn(file, '', () => 1).fail(null, 'expected a dictionary with version, handlers, …');
  const value = document.toJS({ maxAliasCount: 1000 }) as Record<string, unknown>;
  return new YamlPart(file, '', contents, value, 1, lineAt);
}

type LineAt = (offset: number | undefined) => number;

class YamlPart implements DictPart {
  readonly spot: Spot;

  constructor(
    private readonly file: string,
    private readonly path: string,
    private readonly node: YAMLMap | undefined,
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly line: number,
    private readonly lineAt: LineAt,
  ) {
    this.spot = spotIn(file, path, (key) => (key === null ? line : this.lineOf(key)));
  }

  get keys(): readonly string[] {
    return Object.keys(this.values);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.values, key);
  }

  get(key: string): unknown {
    return this.has(key) ? this.values[key] : undefined;
  }

  text(key: string): string | undefined {
    const value = this.get(key) ?? undefined;
    return value === undefined || typeof value === 'string' ? value : this.spot.fail(key, 'expected a text');
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    if (value === 0 || value === 1) return value === 1;
    return typeof value === 'boolean' ? value : this.spot.fail(key, 'expected true or false');
  }

  list(key: string): readonly string[] {
    const value = this.get(key) ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return this.spot.fail(key, 'expected a list of names, like [console]');
  }

  part(key: string): DictPart | undefined {
    const value = this.get(key) ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return this.spot.fail(key, 'expected a dictionary');
    const node = this.pairOf(key)?.value;
    return new YamlPart(
      this.file,
      this.path === '' ? key : `${this.path}.${key}`,
      isMap(node) ? node : undefined,
      value as Record<string, unknown>,
      this.lineOf(key),
      this.lineAt,
    );
  }

  parts(key: string): ReadonlyMap<string, DictPart> {
    const whole = this.part(key);
    return new Map(
      whole?.keys.map((name) => [name, whole.part(name) ?? whole.spot.fail(name, 'expected a dictionary')] as const),
    );
  }

  private lineOf(key: string): number {
    const found = this.pairOf(key)?.key;
    return isScalar(found) && found.range ? this.lineAt(found.range[0]) : this.line;
  }

  private pairOf(key: string): YAMLMap['items'][number] | undefined {
    return this.node?.items.find(({ key: own }) => isScalar(own) && String(own.value) === key);
  }
}
