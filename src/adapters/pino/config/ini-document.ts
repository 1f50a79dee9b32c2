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
  const sections = new Map<string, { readonly line: number; readonly options: Map<string, IniOption> }>();
  let options: Map<string, IniOption> | null = null;
  let open: IniOption | null = null;
  let indent = 0;
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (const [index, whole] of lines.entries()) {
    const line = index + 1;
    const trimmed = whole.trim();
    const fail = (problem: string): never => spotIn(file, '', () => line).fail(null, problem);
    if (/^[#;]/.test(trimmed)) continue;
    if (trimmed === '') {
      // Part of a longer value, unless nothing of it follows.
      if (open) open.value += '\n';
      continue;
    }
    const depth = whole.length - whole.trimStart().length;
    if (open && depth > indent) {
      open.value += `\n${trimmed}`;
      continue;
    }
    indent = depth;
    open = null;
    const name = HEADER.exec(trimmed)?.[1];
    if (name !== undefined) {
      if (sections.has(name)) fail(`section [${name}] is there twice; merge the two`);
      options = new Map();
      sections.set(name, { line, options });
      continue;
    }
    const [, key = '', value = ''] = OPTION.exec(trimmed) ?? [];
    if (options === null) return fail('expected a section like [loggers]');
    if (key === '') return fail(`${trimmed}: expected name=value`);
    if (options.has(key.toLowerCase())) fail(`${key} is there twice; take one of them out`);
    open = { value, line };
    options.set(key.toLowerCase(), open);
  }
  for (const section of sections.values())
    for (const option of section.options.values()) option.value = option.value.trimEnd();
  const defaults = sections.get('DEFAULT')?.options ?? new Map<string, IniOption>();
  return new Map(
    [...sections].map(([name, section]) => [name, new Section(name, file, section.line, section.options, defaults)]),
  );
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
