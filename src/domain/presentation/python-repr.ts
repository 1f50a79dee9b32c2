/** Deeper than anybody nests on purpose; records are written by others, and what is deeper is cut. */
const DEEPEST = 32;

/**
 * A value as Python shows it, which is what the original puts into a table cell: `{'a': True, 'b': None}`.
 * What was a float without a fraction in the record cannot be told from an integer here, and is shown as one.
 */
export function pythonRepr(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return textRepr(value);
  return typeof value === 'object' ? containerRepr(value, depth) : (JSON.stringify(value) ?? 'None');
}

function containerRepr(value: object, depth: number): string {
  if (depth >= DEEPEST) return Array.isArray(value) ? '[...]' : '{...}';
  if (Array.isArray(value)) return `[${value.map((item) => pythonRepr(item, depth + 1)).join(', ')}]`;
  const items = Object.entries(value).map(([key, item]) => `${textRepr(key)}: ${pythonRepr(item, depth + 1)}`);
  return `{${items.join(', ')}}`;
}

const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** In single quotes, unless the text has such and no double ones. */
function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replaceAll(/[\\\n\r\t']|[^\P{C}]|[^\P{Z} ]/gu, (character) => {
    if (character === "'") return quote === "'" ? "\\'" : character;
    return NAMED[character] ?? escaped(character.codePointAt(0) ?? 0);
  });
  return `${quote}${inside}${quote}`;
}

function escaped(code: number): string {
  const [letter, digits] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8];
  return `\\${letter}${code.toString(16).padStart(Number(digits), '0')}`;
}
