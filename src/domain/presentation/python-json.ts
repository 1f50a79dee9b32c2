/**
 * JSON as Python's `json.dumps` writes it by default: a blank after commas and colons, everything beyond ASCII escaped
 * (spec BUILDER 4.1). Clients compare and cache these bytes.
 *
 * `undefined` counts as null; values that JSON does not know do not occur. What lies deeper than anybody looks is cut.
 */
export function pythonJson(value: unknown): string {
  return format(value, 0);
}

/** Lists and objects in one another that are shown; others may nest theirs as deep as they like. */
const DEEPEST = 50;
const CUT = '"\\u2026"';

function format(value: unknown, depth: number): string {
  if (typeof value === 'string') return pythonText(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth >= DEEPEST) return CUT;
  if (Array.isArray(value)) return `[${value.map((item) => format(item, depth + 1)).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${pythonText(key)}: ${format(item, depth + 1)}`)
    .join(', ')}}`;
}

/** Printable ASCII without quotes and backslashes, as nearly all texts are: a list of 10,000 nodes has 150,000 of them. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A text as `json.dumps` writes it, quotes included. */
export function pythonText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
