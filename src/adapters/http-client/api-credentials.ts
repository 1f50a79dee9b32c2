import { readFileSync } from 'node:fs';
import { ApiCredentialError } from './api-errors.js';

export interface ApiCredentials {
  /** Sent as a bearer token; null: none is sent. */
  readonly token: string | null;
  /** PEM of the certificate authorities that count in place of the system's; null: the system's. */
  readonly ca: string | null;
}

/** `NODEPOOL_TOKEN`, else the file `NODEPOOL_TOKEN_FILE`; `NODEPOOL_CA`. Empty ones count as not there. @throws ApiCredentialError */
export function credentialsFrom(environment: Readonly<Record<string, string>>): ApiCredentials {
  const caFile = environment['NODEPOOL_CA'] ?? '';
  return { token: tokenFrom(environment), ca: caFile === '' ? null : read('NODEPOOL_CA', caFile) };
}

function tokenFrom(environment: Readonly<Record<string, string>>): string | null {
  const given = (environment['NODEPOOL_TOKEN'] ?? '').trim();
  const file = environment['NODEPOOL_TOKEN_FILE'] ?? '';
  if (given !== '') return checked(given, 'NODEPOOL_TOKEN');
  if (file === '') return null;
  const text = read('NODEPOOL_TOKEN_FILE', file).trim();
  if (text === '') throw new ApiCredentialError(`NODEPOOL_TOKEN_FILE: ${file} is empty`);
  return checked(text, `NODEPOOL_TOKEN_FILE: ${file}`);
}

/** What cannot stand in a header would be refused with the token in the message. */
function checked(token: string, where: string): string {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new ApiCredentialError(`${where} does not hold a token: one line without blanks`);
  return token;
}

function read(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as { code?: unknown };
    const why = typeof code === 'string' ? code : 'unknown reason';
    throw new ApiCredentialError(`${variable}: ${file} cannot be read (${why})`);
  }
}
