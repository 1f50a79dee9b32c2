import { spotIn } from './log-config-error.js';
import type { Spot } from './log-config-error.js';

interface IniOption {
  value: string;
  readonly line: number;
}

/** One section of an INI file. */
export interface IniSection {
  readonly name: string;
  readonly spot: Spot;
  /** Names in lower case. */
  readonly options: ReadonlyMap<string, IniOption>;
  /** The value as it stands. */
  raw(option: string): string | undefined;
  /** The value with `%(other)s` filled in from this section or `[DEFAULT]`, and `%%` made `%`. @throws LogConfigError */
  get(option: string): string | undefined;
}

const HEADER = /^\[(.+)\]\s*$/;
const OPTION = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/;

/** The sections of an INI file as Python's `ConfigParser` reads it. @throws LogConfigError with the line */
export function parseIni(text: string, file: string): ReadonlyMap<string, IniSection> {
  const reader = new IniReader(file);
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    reader.line(line, index + 1);
  }
  const { sections } = reader;
  const defaults = sections.get('DEFAULT')?.options ?? new Map<string, IniOption>();
  return new Map(
    [...sections].map(([name, { line, options }]) => [name, new Section(name, file, line, options, defaults)]),
  );
}

interface IniLines {
  readonly line: number;
  readonly options: Map<string, IniOption>;
}

class IniReader {
  readonly sections = new Map<string, IniLines>();
  private section: IniLines | null = null;
  /** The option that deeper lines go on with. */
  private open: IniOption | null = null;
  private indent = 0;
  private empty = 0;

  constructor(private readonly file: string) {}

  line(whole: string, line: number): void {
    const text = whole.trim();
    if (/^[#;]/.test(text)) return;
    if (text === '') {
      this.empty += 1;
      return;
    }
    const depth = whole.length - whole.trimStart().length;
    if (this.open && depth > this.indent) this.open.value += `${'\n'.repeat(this.empty + 1)}${text}`;
    else this.begin(text, line, depth);
    this.empty = 0;
  }

  private begin(text: string, line: number, depth: number): void {
    this.indent = depth;
    this.open = null;
    const name = HEADER.exec(text)?.[1];
    if (name === undefined) return this.option(text, line);
    if (this.sections.has(name)) this.fail(line, `section [${name}] is there twice; merge the two`);
    this.section = { line, options: new Map() };
    this.sections.set(name, this.section);
  }

  private option(text: string, line: number): void {
    const [, name = '', value = ''] = OPTION.exec(text) ?? [];
    if (!this.section) return this.fail(line, 'expected a section like [loggers]');
    if (name === '') this.fail(line, `${text}: expected name=value`);
    const { options } = this.section;
    const key = name.toLowerCase();
    if (options.has(key)) this.fail(line, `${key} is there twice; take one of them out`);
    this.open = { value, line };
    options.set(key, this.open);
  }

  private fail(line: number, problem: string): never {
    return spotIn(this.file, '', () => line).fail(null, problem);
  }
}

class Section implements IniSection {
  readonly spot: Spot;

  constructor(
    readonly name: string,
    file: string,
    line: number,
    readonly options: ReadonlyMap<string, IniOption>,
    private readonly defaults: ReadonlyMap<string, IniOption>,
  ) {
    this.spot = spotIn(file, `[${name}]`, (key) => this.options.get(key ?? '')?.line ?? line);
  }

  raw(option: string): string | undefined {
    return (this.options.get(option) ?? this.defaults.get(option))?.value;
  }

  get(option: string): string | undefined {
    const value = this.raw(option);
    return value === undefined ? undefined : this.filled(option, value, 0);
  }

  private filled(option: string, value: string, depth: number): string {
    return value.replace(/%(%|\(([^)]*)\)s|)/g, (_whole, token: string, name: string | undefined) => {
      if (token === '%') return '%';
      const inner = name === undefined ? undefined : this.raw(name.toLowerCase());
      if (inner === undefined || depth > 9)
        return this.spot.fail(option, `${value}: a percent sign has to be written twice here`);
      return this.filled(option, inner, depth + 1);
    });
  }
}
