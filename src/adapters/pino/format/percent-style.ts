import { FormatError, attribute } from './format-part.js';
import type { CompiledFormat, FormatPart } from './format-part.js';
import type { FloatType } from './python-number.js';
import { formatFloat, formatInteger } from './python-number.js';
import { cut, lengthOf, textRepr } from './python-text.js';
import type { Attribute } from './record-attributes.js';
import { plain } from './record-attributes.js';

interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly type: string;
}

const FIELD = /%(?:%|\((\w*)\)([#0\- +]*)(\d+)?(?:\.(\d*))?[hlL]?([diouxXeEfFgGcrsa%]))/g;

/** `%(levelname)-8s`, as Python's `%` operator reads it. @throws FormatError */
export function percentStyle(format: string): CompiledFormat {
  const parts: FormatPart[] = [];
  let end = 0;
  let fields = 0;
  for (const match of format.matchAll(FIELD)) {
    parts.push(literal(format.slice(end, match.index)));
    end = match.index + match[0].length;
    const [whole, name, flags = '', width, precision, type = ''] = match;
    if (name === undefined || type === '%') {
      parts.push('%');
      continue;
    }
    fields += 1;
    const exact = precision === undefined ? undefined : Number(precision);
    parts.push(field(whole, attribute(name), { flags, width: Number(width ?? 0), precision: exact, type }));
  }
  parts.push(literal(format.slice(end)));
  if (fields === 0) throw new FormatError('there is no field like %(message)s in it');
  return { parts, usesTime: format.includes('%(asctime)') };
}

function literal(text: string): string {
  if (!text.includes('%')) return text;
  throw new FormatError(`${text.slice(text.indexOf('%'))}: a percent sign that belongs to no field; write %% for one`);
}

function field(whole: string, { kind, of }: Attribute, conversion: Conversion): FormatPart {
  const { type, precision, flags, width } = conversion;
  if (/[sra]/.test(type)) {
    return (record, asctime) => {
      const value = of(record, asctime);
      const text =
        type === 's'
          ? plain(kind, value)
          : kind === 'text'
            ? textRepr(String(value), type === 'a')
            : plain(kind, value);
      return padText(precision === undefined ? text : cut(text, precision), flags, width);
    };
  }
  if (kind === 'text' || type === 'c')
    throw new FormatError(`${whole}: this is no ${kind === 'text' ? 'number' : 'character'}; write s`);
  return (record, asctime) => padNumber(number(Number(of(record, asctime)), conversion), conversion);
}

function number(value: number, { type, precision, flags }: Conversion): string {
  const alternate = flags.includes('#');
  if (/[eEfFgG]/.test(type)) {
    const text = formatFloat(value, type.toLowerCase() as FloatType, precision ?? 6, alternate);
    return type === type.toLowerCase() ? text : text.toUpperCase();
  }
  const text = formatInteger(value, type, alternate);
  const digits = text.replace(/^-?(0[xXo])?/, '');
  return text.slice(0, text.length - digits.length) + digits.padStart(precision ?? 0, '0');
}

function padText(text: string, flags: string, width: number): string {
  const fill = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return flags.includes('-') ? text + fill : fill + text;
}

function padNumber(text: string, { flags, width }: Conversion): string {
  const sign = text.startsWith('-') ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const digits = text.startsWith('-') ? text.slice(1) : text;
  if (flags.includes('-') || !flags.includes('0')) return padText(sign + digits, flags, width);
  const prefix = /^0[xXo]/.exec(digits)?.[0] ?? '';
  return sign + prefix + digits.slice(prefix.length).padStart(width - sign.length - prefix.length, '0');
}
