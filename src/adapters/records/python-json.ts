/**
 * JSON as Python's `json` module writes and reads it by default: ASCII only, `", "` and `": "` as separators, and the
 * three numbers that JSON does not have (spec LAUNCHER 1.4).
 */

import { pythonText } from '../../domain/presentation/python-json.js';

/** A number that Python writes as a float, so `7` becomes `7.0`: times in seconds. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

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

export function formatPythonJson(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return pythonText(value);
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value instanceof PythonFloat) return formatFloat(value.value);
  if (Array.isArray(value)) return `[${value.map(formatPythonJson).join(', ')}]`;
  if (typeof value === 'object') return formatObject(value);
  throw new TypeError(`a ${typeof value} cannot be written as JSON`);
}

function formatObject(value: object): string {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${pythonText(key)}: ${formatPythonJson(member)}`).join(', ')}}`;
}

function formatNumber(value: number): string {
  // Both are what Python itself would write and read back.
  return Object.is(value, -0) ? '-0.0' : String(value);
}

function formatFloat(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value.toFixed(1)}` : formatNumber(value);
}
