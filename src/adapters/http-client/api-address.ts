/** Where an API listens: what a URL that people write comes to. */
export interface ApiAddress {
  /** As messages name it; holds nothing secret. */
  readonly name: string;
  /** Scheme, host, port and a path that ends with a slash; the host of a socket is never looked up. */
  readonly base: string;
  /** The path of a unix socket; null: TCP. */
  readonly socketPath: string | null;
}

/** The URL of an API cannot be used. */
export class ApiAddressError extends Error {
  readonly code = 'NP_API_ADDRESS';
  override readonly name = 'ApiAddressError';
}

const FORMS = 'expected http://host:port, https://host:port or unix:/path';

/** @throws ApiAddressError */
export function parseApiAddress(text: string): ApiAddress {
  const trimmed = text.trim();
  if (trimmed.startsWith('unix:')) return unixAddress(trimmed);
  // `localhost:8006` would parse, with `localhost:` for its scheme.
  if (!/^https?:\/\//i.test(trimmed)) throw new ApiAddressError(`the URL '${shown(trimmed)}' cannot be used: ${FORMS}`);
  let url: URL;
  try {
    url = new URL(trimmed);
  } catch {
    throw new ApiAddressError(`the URL '${shown(trimmed)}' cannot be used: ${FORMS}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ApiAddressError(
      `the URL of ${url.host} must not hold a user or password; a token goes into NODEPOOL_TOKEN`,
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new ApiAddressError(`the URL of ${url.host} must not have a query or fragment: ${FORMS}`);
  }
  const base = `${url.origin}${url.pathname.replace(/\/*$/, '/')}`;
  return { name: base.replace(/\/$/, ''), base, socketPath: null };
}

function unixAddress(text: string): ApiAddress {
  const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
  if (!path.startsWith('/'))
    throw new ApiAddressError(`the URL '${text}' cannot be used: the path of a socket is absolute`);
  return { name: `unix:${path}`, base: 'http://localhost/', socketPath: path };
}

/** Somebody may have put a password where none belongs. */
function shown(text: string): string {
  return text.replace(/[^/@]*@/, '…@').slice(0, 200);
}
