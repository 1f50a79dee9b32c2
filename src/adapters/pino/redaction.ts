import type { LogFields } from '../../ports/telemetry/logger.js';

const HIDDEN = '[redacted]';
const DEEPEST = 6;
const LONGEST_LIST = 100;
/** Characters of a text, and of one among others. */
const LONGEST_TEXT = 1000;
const LONGEST_ITEM = 200;
/** So many times more is looked through for secrets, so that none is cut in two where the text is. */
const LOOKED_THROUGH = 4;

/** Keys whose values nobody may see, whatever the case and the separators. */
const SECRET_KEY =
  /pass(word|wd|phrase)|^pass$|secret|token|credential|authorization|^auth$|cookie|private[-_]?key|api[-_]?key|access[-_]?key|^key[-_]?(material|data|pem)$|client[-_]?key|user[-_]?data$/i;
const PRIVATE_KEY_BLOCK = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g;
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi;
const AUTHORIZATION = /\b(bearer|basic) [a-z0-9+/=._~-]{8,}/gi;

/** The text without private keys, passwords in URLs and authorization headers. */
export function redactText(text: string): string {
  return text
    .replace(PRIVATE_KEY_BLOCK, HIDDEN)
    .replace(URL_PASSWORD, `$1:${HIDDEN}@`)
    .replace(AUTHORIZATION, `$1 ${HIDDEN}`);
}

/** A copy of the fields without secrets. Errors at the top stay errors, for the formats to print; deeper ones become texts. */
export function redactFields(fields: LogFields): LogFields {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    copy[key] = value instanceof Error ? value : redactMember(key, value, 0);
  }
  return copy;
}

function redactMember(key: string, value: unknown, depth: number): unknown {
  if (value !== null && value !== undefined && SECRET_KEY.test(key)) return HIDDEN;
  return redactValue(value, depth);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactField(value, depth === 0 ? LONGEST_TEXT : LONGEST_ITEM);
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactText(value.message);
  if (depth >= DEEPEST) return '[…]';
  return redactObject(value, depth);
}

function redactObject(value: object, depth: number): unknown {
  if (value instanceof Map) return redactObject(Object.fromEntries(value) as object, depth);
  if (value instanceof Set) return redactObject([...value], depth);
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (Array.isArray(value)) {
    const items = (value as unknown[]).slice(0, LONGEST_LIST).map((item) => redactValue(item, depth + 1));
    return value.length > LONGEST_LIST ? [...items, `[${value.length - LONGEST_LIST} more]`] : items;
  }
  const all = Object.entries(value);
  const entries = all.slice(0, LONGEST_LIST).map(([key, member]) => [key, redactMember(key, member, depth + 1)]);
  if (all.length > LONGEST_LIST) entries.push(['…', `[${all.length - LONGEST_LIST} more]`]);
  return Object.fromEntries(entries) as unknown;
}

/** A text of a field, no longer than a line bears. */
function redactField(value: string, longest: number): string {
  if (value.length <= longest) return redactText(value);
  const shown = redactText(value.slice(0, LOOKED_THROUGH * longest)).slice(0, longest);
  return `${shown}… (${value.length - longest} characters more)`;
}
