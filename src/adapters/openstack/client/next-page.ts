import type { ApiAnswer } from './api-call.js';
import { objectAt, objectsAt, textAt } from './json-fields.js';

/**
 * The query of the page after this one, or undefined if it was the last. Nova, Neutron and Cinder answer with `<key>_links`, Glance with
 * `next`, Keystone with `links.next`, some with the header `Link`. Only the query is taken from there: host and path of such links
 * are often the ones behind the proxy.
 */
export function nextQuery(
  { json, headers }: ApiAnswer,
  key: string,
): Readonly<Record<string, string | string[]>> | undefined {
  const links = objectsAt(json, `${key}_links`).find(({ rel }) => rel === 'next');
  const href =
    textAt(links, 'href') ??
    textAt(json, 'next') ??
    textAt(objectAt(json, 'links'), 'next') ??
    headerLink(headers['link']);
  const at = href?.indexOf('?') ?? -1;
  if (!href || at < 0) return undefined;
  const query: Record<string, string | string[]> = {};
  const parameters = new URLSearchParams(href.slice(at + 1));
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return query;
}

function headerLink(header: string | undefined): string | null {
  for (const [, href, parameters] of (header ?? '').matchAll(/<([^>]*)>([^,]*)/g)) {
    if (/;\s*rel="?next"?/i.test(parameters ?? '')) return href ?? null;
  }
  return null;
}
