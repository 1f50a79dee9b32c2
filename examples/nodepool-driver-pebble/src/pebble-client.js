import { ProviderError } from 'nodepool/driver';

/** Which of the cloud's errors is which of ours: Nodepool decides by the kind what happens next. */
const KINDS = {
  quota_exceeded: 'quota',
  no_capacity: 'capacity',
  image_not_found: 'configuration',
  plan_not_found: 'configuration',
};
const STATUS_KINDS = { 401: 'authentication', 403: 'authentication', 404: 'not-found', 429: 'rate' };

/** The REST API of one project. Every call ends with its signal. */
export class PebbleClient {
  #url;
  #token;

  constructor(url, token) {
    this.#url = url.replace(/\/$/, '');
    this.#token = token;
  }

  get(path, signal) {
    return this.#call('GET', path, signal);
  }

  /** @param key the same for the same machine: the cloud makes one machine per key */
  post(path, body, signal, key) {
    const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) };
    return this.#call('POST', path, signal, { body: JSON.stringify(body), headers });
  }

  /** Streams a body. */
  put(path, stream, signal) {
    return this.#call('PUT', path, signal, { body: stream, duplex: 'half' });
  }

  /** What is gone already counts as deleted. */
  async delete(path, signal) {
    try {
      await this.#call('DELETE', path, signal);
    } catch (error) {
      if (!(error instanceof ProviderError && error.kind === 'not-found')) throw error;
    }
  }

  async #call(method, path, signal, more = {}) {
    signal.throwIfAborted();
    const headers = { authorization: `Bearer ${this.#token}`, ...more.headers };
    // A controller of our own: fetch keeps its listener on a signal for as long as the signal lives.
    const own = new AbortController();
    const onAbort = () => own.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const response = await fetch(`${this.#url}${path}`, { method, ...more, headers, signal: own.signal });
      const text = await response.text();
      if (!response.ok) throw failure(response.status, text);
      return text === '' ? null : JSON.parse(text);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof ProviderError) throw error;
      throw new ProviderError('transient', `Pebble cannot be reached: ${error.cause?.code ?? error.message}`);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

function failure(status, text) {
  let code;
  let message = `HTTP status ${status}`;
  try {
    ({ code, message = message } = JSON.parse(text).error);
  } catch {
    // No JSON: a proxy has answered.
  }
  const kind = KINDS[code] ?? STATUS_KINDS[status] ?? 'transient';
  return new ProviderError(kind, `Pebble: ${message}`, { metric: kind === 'quota' ? 'error.quota' : 'error.pebble' });
}
