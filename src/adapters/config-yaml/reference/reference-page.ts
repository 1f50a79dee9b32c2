import type { SectionClass } from '../schema-key.js';
import { ownSchemaKeys, type SchemaKey } from '../schema-key.js';
import type { KeyNote } from './key-notes.js';
import { NOTES } from './notes.js';

const PLACE = /^<!-- keys: ([\w, ]+) -->\n[^]*?^<!-- end -->$/gm;

/**
 * The page with its tables made anew: what stands between `<!-- keys: SomeSchema -->` and `<!-- end -->` are the keys that the named
 * sections declare themselves. Everything else stays as people wrote it.
 * @throws RangeError when a name is not that of a section with notes
 */
export function fillReferencePage(page: string): string {
  return page.replaceAll(PLACE, (_place, names: string) => {
    const sections = names.split(', ').map(sectionNamed);
    return `<!-- keys: ${names} -->\n\n${keyTable(sections)}\n\n<!-- end -->`;
  });
}

/** The names of the sections whose keys the page shows. */
export function sectionsOn(page: string): readonly string[] {
  return [...page.matchAll(PLACE)].flatMap(([, names = '']) => names.split(', '));
}

function sectionNamed(name: string): SectionClass {
  const section = [...NOTES.keys()].find((candidate) => candidate.name === name);
  if (!section) throw new RangeError(`there are no notes about a section ${name}`);
  return section;
}

function keyTable(sections: readonly SectionClass[]): string {
  const rows = sections.flatMap((section) => ownSchemaKeys(section).map((key) => keyRow(section, key)));
  return ['| key | type | default | since | meaning |', '|---|---|---|---|---|', ...rows].join('\n');
}

function keyRow(section: SectionClass, key: SchemaKey): string {
  const note = NOTES.get(section)?.[key.name];
  const cells = [
    `\`${key.name}\``,
    typeOf(key),
    key.required ? 'required' : defaultOf(note),
    note?.since ?? '',
    note?.note ?? '',
  ];
  return `| ${cells.join(' | ').replaceAll(/ +/g, ' ').replaceAll('\n', ' ')} |`.replaceAll('|  |', '| |');
}

function typeOf({ kind, nested }: SchemaKey): string {
  return kind?.type ?? (nested?.list ? 'list' : 'map');
}

function defaultOf(note: KeyNote | undefined): string {
  const value = note?.default;
  if (value === undefined) return note?.otherwise ?? '';
  return typeof value === 'string' ? `\`${value}\`` : String(value);
}
