import { FormatError } from './format-error.js';
import type { CompiledFormat, FormatPart } from './format-part.js';
import { attribute } from './format-part.js';
import type { FloatType } from './python-number.js';
import { floatRepr, formatFloat, formatInteger } from './python-number.js';
import { cut, lengthOf, textRepr } from './python-text.js';
import type { Attribute } from './record-attributes.js';
import { plain } from './record-attributes.js';

interface Spec {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

const SPEC = /^(?:(.)?([<>=^]))?([+\- ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su;
const TOKEN = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/** `{levelname:<8}`, as Python's `str.format` reads it. @throws FormatError */
export function braceStyle(format: string): CompiledFormat {
  const parts: FormatPart[] = [];
  let end = 0;
  let usesTime = false;
  let fields = 0;
  for (const match of format.matchAll(TOKEN)) {
    parts.push(format.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[0] === '{{' || match[0] === '}}') {
      parts.push(match[0].charAt(0));
      continue;
    }
    const inner = match[1];
    if (inner === undefined) throw new FormatError(`a single ${match[0]}; write it twice for one`);
    const [, name = '', conversion, , spec = ''] = /^(\w*)(?:!([a-z]))?(:(.*))?$/s.exec(inner) ?? [];
    if (name === '') throw new FormatError(`${match[0]}: expected the name of a field, like {message}`);
    fields += 1;
    usesTime ||= name === 'asctime';
    parts.push(field(match[0], attribute(name), conversion, readSpec(match[0], spec)));
  }
  parts.push(format.slice(end));
  if (fields === 0) throw new FormatError('there is no field like {message} in it');
  return { parts, usesTime };
}

function readSpec(whole: string, spec: string): Spec {
  const match = SPEC.exec(spec);
  if (!match) throw new FormatError(`${whole}: ${spec} is no way to format a value`);
  const [, fill, align, sign = '', alternate, zero, width, grouping = '', precision, type = ''] = match;
  return {
    fill: fill ?? (zero === undefined || align !== undefined ? ' ' : '0'),
    align: align ?? (zero === undefined ? '' : '='),
    sign,
    alternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping,
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

function field(whole: string, { kind, of }: Attribute, conversion: string | undefined, spec: Spec): FormatPart {
  if (conversion !== undefined && !'rsa'.includes(conversion)) {
    throw new FormatError(`${whole}: !${conversion} is unknown; there are !s, !r and !a`);
  }
  if (kind === 'text' || conversion !== undefined) {
    // Zeros before a width stand on the left of a number, but on the right of a text.
    const textual = spec.align === '=' && spec.fill === '0' ? { ...spec, align: '<' } : spec;
    if (!/^s?$/.test(spec.type) || spec.sign || spec.grouping || spec.alternate || textual.align === '=') {
      throw new FormatError(`${whole}: this is no number`);
    }
    return (record, asctime) => {
      const text = converted(kind, of(record, asctime), conversion);
      return pad(spec.precision === undefined ? text : cut(text, spec.precision), '', {
        ...textual,
        align: textual.align || '<',
      });
    };
  }
  checkNumeric(whole, kind, spec);
  return (record, asctime) => formatNumber(Number(of(record, asctime)), kind, spec);
}

function converted(kind: Attribute['kind'], value: string | number, conversion: string | undefined): string {
  if (kind !== 'text' || conversion === undefined || conversion === 's') return plain(kind, value);
  return textRepr(String(value), conversion === 'a');
}

function checkNumeric(whole: string, kind: Attribute['kind'], { type, precision }: Spec): void {
  if (/[sc]/.test(type)) throw new FormatError(`${whole}: a number cannot be formatted with ${type}`);
  if (kind === 'float' && /[bdoxX]/.test(type))
    throw new FormatError(`${whole}: this has a fraction; write .0f instead of ${type}`);
  if (kind === 'integer' && precision !== undefined && /^[bdoxXn]?$/.test(type)) {
    throw new FormatError(`${whole}: a whole number has no precision`);
  }
}

function formatNumber(value: number, kind: Attribute['kind'], spec: Spec): string {
  const size = digitsOf(Math.abs(value), kind, spec);
  const negative = value < 0;
  const sign = negative ? '-' : spec.sign === '+' || spec.sign === ' ' ? spec.sign : '';
  const prefix = /^0[xXob]/.exec(size)?.[0] ?? '';
  const lead = sign + prefix;
  const body = size.slice(prefix.length);
  const aligned = { ...spec, align: spec.align || '>' };
  // Zeros in front are grouped like the digits they are.
  const zeros = spec.fill === '0' && aligned.align === '=' ? spec.width - lead.length : 0;
  return pad(grouped(body, spec, zeros), lead, aligned);
}

function digitsOf(value: number, kind: Attribute['kind'], { type, precision, alternate }: Spec): string {
  if (type === '%') return `${formatFloat(value * 100, 'f', precision ?? 6, alternate)}%`;
  if (/[eEfFgG]/.test(type)) {
    const text = formatFloat(value, type.toLowerCase() as FloatType, precision ?? 6, alternate);
    return type === type.toLowerCase() ? text : text.toUpperCase();
  }
  if (kind === 'integer') return formatInteger(value, type === 'n' ? 'd' : type, alternate);
  if (type === 'n') return formatFloat(value, 'g', precision ?? 6, alternate);
  if (precision === undefined) return floatRepr(value);
  const text = formatFloat(value, 'g', precision, alternate);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function grouped(digits: string, { grouping, type }: Spec, atLeast: number): string {
  if (grouping === '') return digits;
  const [, whole = '', rest = ''] = /^([0-9a-fA-F]+)(.*)$/.exec(digits) ?? [];
  const every = /[boxX]/.test(type) ? 4 : 3;
  const separated = (text: string): string => text.replace(new RegExp(`\\B(?=(.{${every}})+$)`, 'g'), grouping) + rest;
  let long = whole;
  while (separated(long).length < atLeast) long = `0${long}`;
  return separated(long);
}

function pad(body: string, lead: string, { fill, align, width }: Spec): string {
  const missing = Math.max(0, width - lengthOf(lead) - lengthOf(body));
  const left = Math.floor(missing / 2);
  switch (align) {
    case '<':
      return lead + body + fill.repeat(missing);
    case '=':
      return lead + fill.repeat(missing) + body;
    case '^':
      return fill.repeat(left) + lead + body + fill.repeat(missing - left);
    default:
      return fill.repeat(missing) + lead + body;
  }
}
