/** Node records on the wire (spec LAUNCHER 1.6; every key of both eras, in the order of the 2024 writer). */
import { NODE_DEFAULTS, NODE_STATES, type Node } from '../../domain/model/node.js';
import type { Resources } from '../../domain/model/quota.js';
import { Original, type Pair } from './original.js';
import { PythonFloat } from './python-json.js';
import { isObject, parseStated, type RecordCodec, type WireObject } from './record-codec.js';
import {
  anything,
  decodeFields,
  encodeFields,
  field,
  finite,
  knownKeys,
  object,
  statePairs,
  text,
  texts,
  writeObject,
  type FieldReader,
  type WireField,
} from './wire-fields.js';

const DEFAULT_PORT = 22;
/** Holds of more than 300 years are epoch milliseconds, as the Jenkins plug-in writes them (spec LAUNCHER 7.27). */
const EPOCH_MILLISECONDS = 1e10;

const resources: FieldReader<Resources | null> = (raw) => {
  if (raw === null) return null;
  if (!isObject(raw)) return undefined;
  return Object.fromEntries(
    Object.entries(raw).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
};

/** As Python's `int()` has it, and 0 for what it refuses. */
const wholeSeconds: FieldReader<number | null> = (raw) => {
  if (raw === null) return null;
  const number = typeof raw === 'string' && /^\s*[+-]?\d+\s*$/.test(raw) ? Number(raw) : raw;
  return typeof number === 'number' && Number.isFinite(number) ? Math.trunc(number) : 0;
};

const seconds = (value: number | null): PythonFloat | null => (value === null ? null : new PythonFloat(value));

const D = NODE_DEFAULTS;

const BEFORE_PORT: readonly WireField<Node>[] = [
  field<Node, 'cloud'>('cloud', 'cloud', text, D.cloud),
  field<Node, 'provider'>('provider', 'provider', text, D.provider),
  field<Node, 'pool'>('pool', 'pool', text, D.pool),
  field<Node, 'type'>('type', 'type', texts, D.type),
  field<Node, 'allocatedTo'>('allocated_to', 'allocatedTo', text, D.allocatedTo),
  field<Node, 'az'>('az', 'az', text, D.az),
  field<Node, 'region'>('region', 'region', text, D.region),
  field<Node, 'publicIpv4'>('public_ipv4', 'publicIpv4', text, D.publicIpv4),
  field<Node, 'privateIpv4'>('private_ipv4', 'privateIpv4', text, D.privateIpv4),
  field<Node, 'publicIpv6'>('public_ipv6', 'publicIpv6', text, D.publicIpv6),
  field<Node, 'hostId'>('host_id', 'hostId', text, D.hostId),
  field<Node, 'interfaceIp'>('interface_ip', 'interfaceIp', text, D.interfaceIp),
];

const AFTER_PORT: readonly WireField<Node>[] = [
  field<Node, 'imageId'>('image_id', 'imageId', text, D.imageId),
  field<Node, 'launcher'>('launcher', 'launcher', text, D.launcher),
  field<Node, 'createdTime'>('created_time', 'createdTime', finite, D.createdTime, seconds),
  field<Node, 'externalId'>('external_id', 'externalId', text, D.externalId),
  field<Node, 'hostname'>('hostname', 'hostname', text, D.hostname),
  field<Node, 'comment'>('comment', 'comment', text, D.comment),
  field<Node, 'userData'>('user_data', 'userData', anything, D.userData),
  field<Node, 'holdJob'>('hold_job', 'holdJob', text, D.holdJob),
  field<Node, 'hostKeys'>('host_keys', 'hostKeys', texts, D.hostKeys),
  field<Node, 'username'>('username', 'username', text, D.username),
  field<Node, 'connectionType'>('connection_type', 'connectionType', text, D.connectionType),
  field<Node, 'shellType'>('shell_type', 'shellType', text, D.shellType),
  field<Node, 'holdExpiration'>('hold_expiration', 'holdExpiration', wholeSeconds, D.holdExpiration),
  field<Node, 'resources'>('resources', 'resources', resources, D.resources),
  field<Node, 'slot'>('slot', 'slot', finite, D.slot),
  field<Node, 'attributes'>('attributes', 'attributes', object, D.attributes),
  field<Node, 'pythonPath'>('python_path', 'pythonPath', text, D.pythonPath),
  field<Node, 'tenantName'>('tenant_name', 'tenantName', text, D.tenantName),
  field<Node, 'driverData'>('driver_data', 'driverData', anything, D.driverData),
  field<Node, 'requestor'>('requestor', 'requestor', text, D.requestor),
];

const FIELDS = [...BEFORE_PORT, ...AFTER_PORT];
/** Zuul copies every key to an attribute of an object of its own; these would overwrite its own (spec LAUNCHER 1.6). */
const FORBIDDEN = new Set(['id', 'name', 'label', 'aliases', 'lock', 'stat']);
const HANDLED = new Set([...FORBIDDEN, 'state', 'state_time', 'connection_port', 'ssh_port']);
const KNOWN = knownKeys(FIELDS, HANDLED);

export const nodeCodec: RecordCodec<Node> = {
  decode(data, stat) {
    const stated = parseStated(data, stat, NODE_STATES);
    if (!('value' in stated)) return stated;
    const { object, state, stateTime } = stated.value;
    const defaults: Node = { ...NODE_DEFAULTS, state, stateTime };
    const { values, extra } = decodeFields(object, FIELDS, KNOWN, defaults);
    const connectionPort = port(object);
    return {
      value: { ...values, connectionPort, holdExpiration: duration(values.holdExpiration, stateTime), extra },
    };
  },
  encode(node, base) {
    const original = Original.of(base);
    return writeObject(
      [
        ...statePairs(node, original),
        ...encodeFields(node, BEFORE_PORT, original),
        portPair('connection_port', node, original),
        portPair('ssh_port', node, original),
        ...encodeFields(node, AFTER_PORT, original),
      ],
      node.extra,
      HANDLED,
      original,
    );
  },
};

function portPair(key: string, { connectionPort }: Node, original: Original<Node> | undefined): Pair {
  const same = connectionPort === original?.value.connectionPort;
  return [key, same ? original.kept(key, connectionPort, false) : connectionPort];
}

function port(record: WireObject): Node['connectionPort'] {
  return portOf(record['connection_port']) ?? portOf(record['ssh_port']) ?? DEFAULT_PORT;
}

function portOf(raw: unknown): Node['connectionPort'] | undefined {
  if (isObject(raw)) return raw;
  const number = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
  return typeof number === 'number' && Number.isInteger(number) && number > 0 ? number : undefined;
}

function duration(hold: number | null, since: number): number | null {
  if (hold === null || hold <= EPOCH_MILLISECONDS) return hold;
  return Math.max(1, Math.ceil(hold / 1000 - since));
}
