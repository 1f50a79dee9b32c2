/** What a domain's `<metadata>` says of a machine of ours (docs/spec/libvirt.md). */
import type { Element } from '@xmldom/xmldom';
import { children, escapeXml, find, isWritable } from './xml.js';

const NAMESPACE = 'urn:nodepool:machine:1';

/** What of the machine belongs to it besides its metadata. */
export interface MachineRecord {
  /** As the launcher gave it: nodepool's keys, and the user's. */
  readonly properties: Readonly<Record<string, string>>;
  /** Name of the image's volume; null if it has none. */
  readonly image: string | null;
  /** GiB that its label asks for; null = as the image. */
  readonly disk: number | null;
  /** Where it is reached, if a port is forwarded. */
  readonly forward: { readonly address: string; readonly port: number } | null;
}

export function metadataXml({ properties, image, disk, forward }: MachineRecord): string {
  const lines = Object.entries(properties).map(([name, value]) => property(name, value));
  if (image !== null) lines.push(`<nodepool:image volume="${escapeXml(image)}"/>`);
  if (disk !== null) lines.push(`<nodepool:disk gib="${disk}"/>`);
  if (forward) lines.push(`<nodepool:forward address="${escapeXml(forward.address)}" port="${forward.port}"/>`);
  return `<nodepool:machine xmlns:nodepool="${NAMESPACE}">\n${lines.join('\n')}\n</nodepool:machine>`;
}

/** What XML cannot hold travels in base64. */
function property(name: string, value: string): string {
  if (isWritable(name) && isWritable(value)) {
    return `<nodepool:property name="${escapeXml(name)}">${escapeXml(value)}</nodepool:property>`;
  }
  const [coded, content] = [base64(name), base64(value)];
  return `<nodepool:property name="${coded}" encoding="base64">${content}</nodepool:property>`;
}

/** Null if it is no machine of a Nodepool. @param domain the whole document */
export function readMetadata(domain: Element): MachineRecord | null {
  const metadata = find(domain, 'metadata');
  const machine = metadata && children(metadata, 'machine').find(({ namespaceURI }) => namespaceURI === NAMESPACE);
  if (!machine) return null;
  const forward = find(machine, 'forward');
  const gib = Number(find(machine, 'disk')?.getAttribute('gib') ?? Number.NaN);
  return {
    properties: Object.fromEntries(children(machine, 'property').map(readProperty)),
    image: find(machine, 'image')?.getAttribute('volume') ?? null,
    disk: Number.isFinite(gib) ? gib : null,
    forward: forward
      ? { address: forward.getAttribute('address') ?? '', port: Number(forward.getAttribute('port')) }
      : null,
  };
}

function readProperty(element: Element): readonly [string, string] {
  const [name, value] = [element.getAttribute('name') ?? '', element.textContent ?? ''];
  return element.getAttribute('encoding') === 'base64' ? [unbase64(name), unbase64(value)] : [name, value];
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function unbase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
