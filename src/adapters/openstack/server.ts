import type { JsonObject } from './client/api-call.js';
import { numberAt, objectAt, objectsAt, textAt, texts } from './read-json.js';

export interface ServerAddress {
  readonly network: string;
  readonly version: 4 | 6;
  readonly address: string;
  readonly floating: boolean;
  readonly mac: string;
}

/** What a server takes, as far as the cloud says so itself. */
export interface ServerFlavor {
  readonly id: string;
  readonly cores: number | null;
  readonly ram: number | null;
}

/** A server of the project, as nova shows it. */
export interface Server {
  readonly id: string;
  readonly name: string;
  /** `BUILD`, `ACTIVE`, `ERROR`, `DELETED` and others. */
  readonly status: string;
  /** Why it is in `ERROR`; `''` if nova does not say. */
  readonly fault: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly addresses: readonly ServerAddress[];
  readonly accessIpv4: string;
  readonly accessIpv6: string;
  readonly zone: string | null;
  readonly hostId: string | null;
  readonly flavor: ServerFlavor;
  readonly volumes: number;
}

const GONE: readonly string[] = ['DELETED', 'SOFT_DELETED'];

/** Whether nova still shows a server that is no more (spec BUILDER 6.7). */
export function isGone(server: Server): boolean {
  return GONE.includes(server.status);
}

export function readServer(json: JsonObject): Server {
  return {
    id: textAt(json, 'id'),
    name: textAt(json, 'name'),
    status: textAt(json, 'status').toUpperCase(),
    fault: textAt(objectAt(json, 'fault'), 'message'),
    metadata: texts(objectAt(json, 'metadata')),
    addresses: readAddresses(objectAt(json, 'addresses')),
    accessIpv4: textAt(json, 'accessIPv4'),
    accessIpv6: textAt(json, 'accessIPv6'),
    zone: textAt(json, 'OS-EXT-AZ:availability_zone') || null,
    hostId: textAt(json, 'hostId') || null,
    flavor: readFlavor(objectAt(json, 'flavor')),
    volumes: objectsAt(json, 'os-extended-volumes:volumes_attached').length,
  };
}

/** Old versions give the flavor's id, newer ones (2.47) what it was when the server was made. */
function readFlavor(json: JsonObject): ServerFlavor {
  return { id: textAt(json, 'id'), cores: numberAt(json, 'vcpus'), ram: numberAt(json, 'ram') };
}

function readAddresses(json: JsonObject): readonly ServerAddress[] {
  return Object.keys(json).flatMap((network) =>
    objectsAt(json, network).map((entry): ServerAddress => ({
      network,
      version: entry['version'] === 6 ? 6 : 4,
      address: textAt(entry, 'addr'),
      floating: textAt(entry, 'OS-EXT-IPS:type') === 'floating',
      mac: textAt(entry, 'OS-EXT-IPS-MAC:mac_addr'),
    })),
  );
}
