import type { CloudProxies } from '../clouds/cloud-proxies.js';

/** The address of the proxy to take; null = none. */
export function proxyFor(url: URL, proxies: CloudProxies): string | null {
  const proxy = (url.protocol === 'https:' ? proxies.https : proxies.http)?.reveal();
  if (proxy === undefined || proxies.except.some((entry) => isExcepted(url, entry))) return null;
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
