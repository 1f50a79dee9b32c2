/** What a service says in the body of an error, in one line; empty if it says nothing. */
export function answerReason(body: string): string {
  return oneLine(plainText(messageIn(parse(body)) ?? body)).slice(0, 300);
}

/** Whatever may have been echoed to us and is nobody's business. */
export function withoutEchoes(text: string): string {
  return text.replace(/((?:user_data|adminPass|personality|password|secret)\S*\s+Value: )\S+/gi, '$1[redacted]');
}

/** Nova `{"badRequest": {"message"}}`, Keystone `{"error": {…}}`, Neutron `{"NeutronError": {"type", "message"}}`. */
function messageIn(value: unknown, depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null || depth > 3) return undefined;
  const own = ownMessage(value);
  if (own !== undefined) return own;
  for (const member of Object.values(value)) {
    const found = typeof member === 'string' ? undefined : messageIn(member, depth + 1);
    if (found !== undefined) return found;
  }
  return depth > 0 ? undefined : Object.values(value).find(isText);
}

function ownMessage({ message, type }: { readonly message?: unknown; readonly type?: unknown }): string | undefined {
  if (!isText(message)) return undefined;
  return typeof type === 'string' ? `${message} [${type}]` : message;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** Glance and proxies answer in HTML. */
function plainText(body: string): string {
  return body
    .replace(/<(head|script|style)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&nbsp;/g, ' ');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
