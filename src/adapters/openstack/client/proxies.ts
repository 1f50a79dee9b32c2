/** Proxies as `http_proxy` and its relatives name them; null = none. */
export interface Proxies {
  readonly http: string | null;
  readonly https: string | null;
  /** Hosts, domains (with or without a dot), `host:port`, `*`. */
  readonly except: readonly string[];
}

export const NO_PROXIES: Proxies = { http: null, https: null, except: [] };

/** As Python's clients read them: lower case first, `all_proxy` for what has none of its own. */
export function proxiesFromEnvironment(env: Readonly<Record<string, string | undefined>>): Proxies {
  const read = (name: string): string | null => env[name] || env[name.toUpperCase()] || null;
  const all = read('all_proxy');
  return {
    http: read('http_proxy') ?? all,
    https: read('https_proxy') ?? all,
    except: (read('no_proxy') ?? '').split(/[,\s]+/).filter((entry) => entry !== ''),
  };
}

export function proxyFor(url: URL, proxies: Proxies): string | null {
  const proxy = url.protocol === 'https:' ? proxies.https : proxies.http;
  if (proxy === null || proxies.except.some((entry) => isExcepted(url, entry))) return null;
  return /^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function isExcepted(url: URL, entry: string): boolean {
  if (entry === '*') return true;
  const [, name = '', port] = /^(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false;
  const domain = name.replace(/^\*?\./, '');
  const host = url.hostname.toLowerCase();
  return host === domain || host.endsWith(`.${domain}`);
}
