/** Why a call got no answer. */
export interface ConnectionReason {
  readonly reason: string;
  /** False: the connection was never there. */
  readonly sent: boolean;
}

const NEVER_THERE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name cannot be resolved',
  EAI_AGAIN: 'the host name cannot be resolved at the moment',
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  ENOTSOCK: 'it is no socket',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  UND_ERR_CONNECT_TIMEOUT: 'the host does not answer',
};
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|ERR_OSSL|EPROTO|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/;

/** Words for people from the error of a failed exchange; holds neither headers nor bodies. */
export function connectionReason(error: unknown): ConnectionReason {
  const { code, message, name } = innermost(error);
  const known = NEVER_THERE[code];
  if (known !== undefined) return { reason: `${known} (${code})`, sent: false };
  if (TLS.test(code)) return { reason: tlsReason(code, message), sent: false };
  if (name === 'HTTPParserError') return { reason: 'it does not speak HTTP', sent: true };
  const cut = 'the connection ended before the answer did';
  return { reason: code === '' ? cut : `${cut} (${code})`, sent: true };
}

function tlsReason(code: string, message: string): string {
  const unknown = [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ];
  const hint = unknown.includes(code) ? '; a CA of your own goes into NODEPOOL_CA' : '';
  return `no TLS with it (${code}: ${message.replace(/\s+/g, ' ').slice(0, 200)})${hint}`;
}

interface Facts {
  readonly code: string;
  readonly message: string;
  readonly name: string;
}

function innermost(error: unknown): Facts {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors.at(-1));
  if (error instanceof Error && error.cause instanceof Error && !('code' in error)) return innermost(error.cause);
  const { code } = (error ?? {}) as { code?: unknown };
  const { message, name } = error instanceof Error ? error : { message: String(error), name: '' };
  return { code: typeof code === 'string' ? code : '', message, name };
}
