/** Writing and reading XML, as far as libvirt's documents need it. */
import { createRequire } from 'node:module';
import type * as xmldom from '@xmldom/xmldom';
import type { Element } from '@xmldom/xmldom';

const require = createRequire(import.meta.url);

/** Characters that XML 1.0 has no way to write. */
const UNWRITABLE = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

export function isWritable(text: string): boolean {
  return !UNWRITABLE.test(text);
}

/** For contents and for attributes in either kind of quotes. @throws RangeError for characters that XML cannot hold */
export function escapeXml(text: string): string {
  if (!isWritable(text)) throw new RangeError('a text has characters that XML cannot hold');
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** @throws Error if it is no XML */
export function parseXml(text: string): Element {
  // Loaded with the first document: daemons without own hosts do without it.
  const { DOMParser } = require('@xmldom/xmldom') as typeof xmldom;
  const document = new DOMParser({
    onError: (level, message) => {
      if (level !== 'warning') throw new Error(`libvirt answers no XML: ${message}`);
    },
  }).parseFromString(text, 'text/xml');
  if (!document.documentElement) throw new Error('libvirt answers no XML');
  return document.documentElement;
}

/** The children of that name, whatever their prefix. */
export function children(element: Element, name: string): readonly Element[] {
  return Array.from(element.childNodes).filter(
    (node): node is Element => node.nodeType === 1 && (node as Element).localName === name,
  );
}

/** The first element at the end of a path of names. */
export function find(element: Element, ...path: readonly string[]): Element | undefined {
  let found: Element | undefined = element;
  for (const name of path) found = found && children(found, name)[0];
  return found;
}

export function textAt(element: Element, ...path: readonly string[]): string | null {
  return find(element, ...path)?.textContent ?? null;
}
