/** What our machines, volumes and images are called, and whose they are by their names (docs/spec/libvirt.md). */
import { createHash } from 'node:crypto';

/** Who something belongs to. `installation` is empty as long as nobody has an id. */
export interface Owner {
  readonly installation: string;
  readonly provider: string;
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const MACHINE_VOLUME = new RegExp(`^np-([A-Za-z0-9_~]+)-(${UUID})\\.(qcow2|iso)$`);

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The UUID of a node's machine: the same whenever and by whomever it is asked for (a UUID of version 8). @param key of `InstanceSpec` */
export function machineUuid(key: string): string {
  const hex = digest('machine', key);
  const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

export interface MachineNames {
  readonly uuid: string;
  readonly domain: string;
  readonly disk: string;
  readonly drive: string;
}

export function machineNames(key: string, provider: string, nodeId: string): MachineNames {
  const uuid = machineUuid(key);
  const node = encoded(nodeId);
  return {
    uuid,
    domain: `np-${readable(provider, 40)}-${node}-${uuid.slice(0, 8)}`,
    disk: `np-${node}-${uuid}.qcow2`,
    drive: `np-${node}-${uuid}.iso`,
  };
}

/** Of a volume that belongs to a machine of whomever: which machine's. */
export function machineVolume(name: string): { readonly nodeId: string; readonly uuid: string } | undefined {
  const [, node, uuid] = MACHINE_VOLUME.exec(name) ?? [];
  return node === undefined || uuid === undefined ? undefined : { nodeId: decoded(node), uuid };
}

export interface ImageIdentity {
  /** As the provider's `image-name-format` makes it; odd characters are replaced. */
  readonly name: string;
  readonly build: string;
  readonly upload: string;
  readonly format: string;
}

const IMAGE_VOLUME = /^(.+)\.([A-Za-z0-9_~]*)\.([A-Za-z0-9_~]*)\.([0-9a-f]{12})\.(qcow2|raw)$/;
const LONGEST_NAME = 120;
const LONGEST_ID = 45;

export function imageVolumeName(owner: Owner, { name, build, upload, format }: ImageIdentity): string {
  const ids = [build, upload].map((id) => (encoded(id).length > LONGEST_ID ? digest(id).slice(0, 32) : encoded(id)));
  return [readable(name, LONGEST_NAME), ...ids, ownerMark(owner), format].join('.');
}

/** Undefined if it is no image of any Nodepool's. */
export function imageOfVolume(name: string): (ImageIdentity & { readonly mark: string }) | undefined {
  const [, image, build, upload, mark, format] = IMAGE_VOLUME.exec(name) ?? [];
  if (image === undefined || build === undefined || upload === undefined || mark === undefined) return undefined;
  return { name: image, build: decoded(build), upload: decoded(upload), mark, format: format ?? '' };
}

/** Twelve hex digits of installation and provider. */
export function ownerMark({ installation, provider }: Owner): string {
  return digest('owner', installation, provider).slice(0, 12);
}

/** For people: letters, digits, dots and dashes. Not unique. */
function readable(text: string, longest: number): string {
  const kept = text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  return (kept === '' ? 'x' : kept).slice(0, longest);
}

/** Unique, and to be decoded; plain ids stay as they are. */
function encoded(text: string): string {
  return Array.from(Buffer.from(text, 'utf8'))
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9_]/.test(character) ? character : `~${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function decoded(text: string): string {
  const bytes = text.replaceAll(/~([0-9a-f]{2})|([A-Za-z0-9_])/g, (_all, hex?: string, plain?: string) =>
    hex === undefined ? (plain ?? '').charCodeAt(0).toString(16).padStart(2, '0') : hex,
  );
  return Buffer.from(bytes, 'hex').toString('utf8');
}
