import type { ApiErrorKind } from './api-error.js';

/** Why there was no answer: kind, and a text that holds nothing secret. */
export interface ConnectionFault {
  readonly kind: ApiErrorKind;
  readonly reason: string;
}

const KINDS: Readonly<Record<string, ApiErrorKind>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'unreachable',
  EPROTO: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'tls',
};
const WORDING: Partial<Record<ApiErrorKind, string>> = {
  dns: 'the host name cannot be resolved',
  refused: 'the connection was refused',
  unreachable: 'the host cannot be reached',
  tls: 'there is no TLS with this server',
  cut: 'the connection ended before the answer did',
};

export function connectionFault(error: unknown): ConnectionFault {
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return { kind: 'answer', reason: 'the server does not speak HTTP' };
  }
  const { code, syscall, message } = innermost(error);
  const kind = kindOf(code, syscall, message);
  const detail = kind === 'tls' ? `${code || 'error'}: ${message}` : code || message;
  return { kind, reason: `${WORDING[kind] ?? kind} (${detail.replace(/\s+/g, ' ').slice(0, 200)})` };
}

function kindOf(code: string, syscall: string, message: string): ApiErrorKind {
  const known = KINDS[code];
  if (known) return known;
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_(GET|VERIFY)|ERR_OSSL)/.test(code)) return 'tls';
  // Before the handshake has ended nothing was sent.
  if (/before secure TLS connection/i.test(message)) return 'unreachable';
  if (code === 'ETIMEDOUT' && syscall === 'connect') return 'unreachable';
  return 'cut';
}

interface SystemFacts {
  readonly code: string;
  readonly syscall: string;
  readonly message: string;
}

function innermost(error: unknown): SystemFacts {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors.at(-1));
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  return { code: typeof code === 'string' ? code : '', syscall: typeof syscall === 'string' ? syscall : '', message };
}
