import { pad, type Spec } from './brace-spec.js';
import type { FloatType } from './python-number.js';
import { floatRepr, formatFloat, formatInteger } from './python-number.js';
import type { Attribute } from './record-attributes.js';

/** A number as Python's `format` writes it. */
export function formatNumber(value: number, kind: Attribute['kind'], spec: Spec): string {
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

function digitsOf(value: number, kind: Attribute['kind'], spec: Spec): string {
  const { type, precision = 6, alternate } = spec;
  if (type === '%') return `${formatFloat(value * 100, 'f', precision, alternate)}%`;
  if (/[eEfFgG]/.test(type)) {
    const text = formatFloat(value, type.toLowerCase() as FloatType, precision, alternate);
    return type === type.toLowerCase() ? text : text.toUpperCase();
  }
  if (kind === 'integer') return formatInteger(value, type === 'n' ? 'd' : type, alternate);
  return type === 'n' ? formatFloat(value, 'g', precision, alternate) : plainFloat(value, spec);
}

function plainFloat(value: number, { precision, alternate }: Spec): string {
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
