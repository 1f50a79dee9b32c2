import { createHash, randomBytes } from 'node:crypto';

const BYTES = 32;

export interface NewToken {
  /** For the one who asks; to be seen once. */
  readonly text: string;
  /** For the secure file. */
  readonly lines: readonly string[];
}

/** Makes a token that nobody can guess, and what lets it in without knowing it. */
export function makeToken(name: string, scopes: readonly string[]): NewToken {
  const text = `np_${randomBytes(BYTES).toString('base64url')}`;
  const sha256 = createHash('sha256').update(text).digest('hex');
  const entry = [`- name: ${yamlText(name)}`, `  sha256: ${sha256}`];
  const extra = scopes.length === 0 ? [] : [`  scopes: [${scopes.join(', ')}]`];
  return { text, lines: ['lease-tokens:', ...[...entry, ...extra].map((line) => `  ${line}`)] };
}

/** Plain only where no reader of YAML could take it for something else. */
function yamlText(text: string): string {
  const word = /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return word ? text : JSON.stringify(text);
}
