import { formatNumber } from './brace-number.js';
import { pad, readSpec, type Spec } from './brace-spec.js';
import { FormatError, attribute } from './format-part.js';
import type { CompiledFormat, FormatPart } from './format-part.js';
import { cut, textRepr } from './python-text.js';
import type { Attribute } from './record-attributes.js';
import { plain } from './record-attributes.js';

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

function field(whole: string, shown: Attribute, conversion: string | undefined, spec: Spec): FormatPart {
  if (conversion !== undefined && !'rsa'.includes(conversion)) {
    throw new FormatError(`${whole}: !${conversion} is unknown; there are !s, !r and !a`);
  }
  const isText = shown.kind === 'text' || conversion !== undefined;
  return isText ? textField(whole, shown, conversion, spec) : numberField(whole, shown, spec);
}

function textField(whole: string, { kind, of }: Attribute, conversion: string | undefined, spec: Spec): FormatPart {
  const { fill, width, precision } = spec;
  // Zeros before a width stand on the left of a number, but on the right of a text.
  const align = spec.align === '=' && fill === '0' ? '<' : spec.align;
  if (isNumeric(spec) || align === '=') throw new FormatError(`${whole}: this is no number`);
  const place = { fill, width, align: align || '<' };
  return (record, asctime) => {
    const text = converted(kind, of(record, asctime), conversion);
    return pad(precision === undefined ? text : cut(text, precision), '', place);
  };
}

function isNumeric({ type, sign, grouping, alternate }: Spec): boolean {
  return !/^s?$/.test(type) || sign !== '' || grouping !== '' || alternate;
}

function numberField(whole: string, { kind, of }: Attribute, spec: Spec): FormatPart {
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
