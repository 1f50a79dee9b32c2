import { Secret } from '../../../domain/config/secret.js';

/** Proxies on the way to a cloud, as `http_proxy` and its relatives name them; null = none. Their addresses may hold passwords. */
export interface CloudProxies {
  readonly http: Secret | null;
  readonly https: Secret | null;
  /** Hosts, domains (with or without a dot), `host:port`, `*`. */
  readonly except: readonly string[];
}

/** As Python's clients read them: lower case first, `all_proxy` for what has none of its own. */
export function proxiesFromEnvironment(env: Readonly<Record<string, string | undefined>>): CloudProxies {
  const read = (name: string): string | null => env[name] || env[name.toUpperCase()] || null;
  const secret = (text: string | null): Secret | null => (text === null ? null : new Secret(text));
  const all = read('all_proxy');
  return {
    http: secret(read('http_proxy') ?? all),
    https: secret(read('https_proxy') ?? all),
    except: (read('no_proxy') ?? '').split(/[,\s]+/).filter((entry) => entry !== ''),
  };
}
