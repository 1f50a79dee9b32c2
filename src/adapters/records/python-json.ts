/**
 * JSON as Python's `json` module writes and reads it by default: ASCII only, `", "` and `": "` as separators, and the
 * three numbers that JSON does not have (spec LAUNCHER 1.4).
 */

import { pythonText } from '../../domain/presentation/python-json.js';

/** A number that Python writes as a float, so `7` becomes `7.0`: times in seconds. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

/** JSON that was written by somebody and goes out as it came in. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** Nothing that we make ourselves comes near. */
const MOST_DEPTH = 500;

const STRING_OR_ODD_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g;

/** @throws SyntaxError. Infinities stay what they are, NaN is read as null. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/Infinity|NaN/.test(text)) throw error;
    return JSON.parse(text.replace(STRING_OR_ODD_NUMBER, standardToken));
  }
}

function standardToken(token: string): string {
  if (token === 'NaN') return 'null';
  if (token === 'Infinity') return '1e999';
  if (token === '-Infinity') return '-1e999';
  return token;
}

/** @throws RangeError for what is nested too deeply */
export function formatPythonJson(value: unknown, depth = 0): string {
  switch (typeof value) {
    case 'string':
      return pythonText(value);
    case 'number':
      return formatNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      return 'null';
    case 'object':
      return value === null ? 'null' : formatObject(value, depth);
    default:
      throw new TypeError(`a ${typeof value} cannot be written as JSON`);
  }
}

function formatObject(value: object, depth: number): string {
  if (value instanceof PythonFloat) return formatFloat(value.value);
  if (value instanceof JsonText) return value.text;
  if (depth > MOST_DEPTH) throw new RangeError('a value that is nested too deeply cannot be written');
  if (Array.isArray(value)) return `[${value.map((item) => formatPythonJson(item, depth + 1)).join(', ')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${pythonText(key)}: ${formatPythonJson(member, depth + 1)}`).join(', ')}}`;
}

function formatNumber(value: number): string {
  // Both are what Python itself would write and read back.
  return Object.is(value, -0) ? '-0.0' : String(value);
}

function formatFloat(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value.toFixed(1)}` : formatNumber(value);
}
