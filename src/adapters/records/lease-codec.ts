/** Leases on the wire: a place that Python daemons know nothing of (spec leases 6). */
import {
  LEASE_DEFAULTS,
  LEASE_OUTCOMES,
  LEASE_STATES,
  LEASE_VERDICTS,
  type Heartbeat,
  type LeaseCondition,
  type LeasedNode,
  type NodeLease,
} from '../../domain/model/lease.js';
import { Original } from './original.js';
import { PythonFloat } from './python-json.js';
import { isObject, parseStated, type RecordCodec, type WireObject } from './record-codec.js';
import {
  decodeFields,
  encodeFields,
  field,
  finite,
  knownKeys,
  statePairs,
  text,
  texts,
  writeObject,
  type FieldReader,
  type WireField,
} from './wire-fields.js';

const name: FieldReader<string> = (raw) => (typeof raw === 'string' ? raw : undefined);
const number: FieldReader<number> = (raw) => (typeof raw === 'number' && Number.isFinite(raw) ? raw : undefined);
const seconds = (value: number | null): PythonFloat | null => (value === null ? null : new PythonFloat(value));

function oneOf<T extends string>(known: readonly T[]): FieldReader<T | null> {
  return (raw) => (raw === null ? null : known.find((each) => each === raw));
}

const NODE_TEXTS = {
  hostname: 'hostname',
  interfaceIp: 'interface_ip',
  publicIpv4: 'public_ipv4',
  publicIpv6: 'public_ipv6',
  privateIpv4: 'private_ipv4',
  connectionType: 'connection_type',
  username: 'username',
  shellType: 'shell_type',
  pythonPath: 'python_path',
  provider: 'provider',
  region: 'region',
  az: 'az',
  image: 'image',
  imageId: 'image_id',
} as const;

function readNode(raw: unknown): LeasedNode | undefined {
  if (!isObject(raw)) return undefined;
  const { id, label } = raw;
  if (typeof id !== 'string' || typeof label !== 'string') return undefined;
  const read = Object.entries(NODE_TEXTS).map(([key, wire]) => [key, text(raw[wire] ?? null) ?? null]);
  return {
    ...(Object.fromEntries(read) as Record<keyof typeof NODE_TEXTS, string | null>),
    id,
    label,
    connectionPort: finite(raw['connection_port'] ?? null) ?? null,
    hostKeys: texts(raw['host_keys']) ?? [],
    slot: finite(raw['slot'] ?? null) ?? null,
  };
}

function writeNode(node: LeasedNode): WireObject {
  return {
    id: node.id,
    label: node.label,
    ...Object.fromEntries(
      Object.entries(NODE_TEXTS).map(([key, wire]) => [wire, node[key as keyof typeof NODE_TEXTS]]),
    ),
    connection_port: node.connectionPort,
    host_keys: node.hostKeys,
    slot: node.slot,
  };
}

const nodes: FieldReader<readonly LeasedNode[]> = (raw) =>
  Array.isArray(raw) ? raw.flatMap((each) => readNode(each) ?? []) : undefined;

function readCondition(raw: unknown): LeaseCondition | undefined {
  if (!isObject(raw)) return undefined;
  const [code, pool, verdict, message, unblock] = ['code', 'pool', 'verdict', 'message', 'unblock'].map(
    (key) => name(raw[key]) ?? '',
  ) as [string, string, string, string, string];
  const { facts } = raw;
  return {
    code,
    pool,
    verdict,
    message,
    unblock,
    facts: isObject(facts) ? facts : {},
    since: number(raw['since']) ?? 0,
  };
}

const conditions: FieldReader<readonly LeaseCondition[]> = (raw) =>
  Array.isArray(raw) ? raw.flatMap((each) => readCondition(each) ?? []) : undefined;

const heartbeat: FieldReader<Heartbeat> = (raw) => {
  if (!isObject(raw)) return undefined;
  const [at, ttl, count] = [number(raw['at']), number(raw['ttl']), number(raw['count'])];
  return at === undefined || ttl === undefined ? undefined : { at, ttl, count: count ?? 0 };
};

const D = LEASE_DEFAULTS;

const FIELDS: readonly WireField<NodeLease>[] = [
  field<NodeLease, 'outcome'>('outcome', 'outcome', oneOf(LEASE_OUTCOMES), D.outcome),
  field<NodeLease, 'holder'>('holder', 'holder', name, D.holder),
  field<NodeLease, 'tenant'>('tenant', 'tenant', name, D.tenant),
  field<NodeLease, 'labels'>('labels', 'labels', texts, D.labels),
  field<NodeLease, 'purpose'>('purpose', 'purpose', text, D.purpose),
  field<NodeLease, 'priority'>('priority', 'priority', number, D.priority),
  field<NodeLease, 'provider'>('provider', 'provider', text, D.provider),
  field<NodeLease, 'sshKeys'>('ssh_keys', 'sshKeys', texts, D.sshKeys),
  field<NodeLease, 'ttl'>('ttl', 'ttl', number, D.ttl),
  field<NodeLease, 'maxDuration'>('max_duration', 'maxDuration', number, D.maxDuration),
  field<NodeLease, 'wait'>('wait', 'wait', finite, D.wait),
  field<NodeLease, 'createdAt'>('created_at', 'createdAt', number, D.createdAt, seconds),
  field<NodeLease, 'activeAt'>('active_at', 'activeAt', finite, D.activeAt, seconds),
  field<NodeLease, 'expiresAt'>('expires_at', 'expiresAt', finite, D.expiresAt, seconds),
  field<NodeLease, 'endedAt'>('ended_at', 'endedAt', finite, D.endedAt, seconds),
  field<NodeLease, 'cappedBy'>('capped_by', 'cappedBy', oneOf(['max_duration']), D.cappedBy),
  field<NodeLease, 'heartbeat'>('heartbeat', 'heartbeat', heartbeat, D.heartbeat),
  field<NodeLease, 'requestId'>('request_id', 'requestId', text, D.requestId),
  field<NodeLease, 'attempts'>('attempts', 'attempts', number, D.attempts),
  field<NodeLease, 'conditions'>('conditions', 'conditions', conditions, D.conditions),
  field<NodeLease, 'nodes'>('nodes', 'nodes', nodes, D.nodes, (all) => all.map(writeNode)),
  field<NodeLease, 'verdict'>('verdict', 'verdict', oneOf(LEASE_VERDICTS), D.verdict),
  field<NodeLease, 'note'>('note', 'note', text, D.note),
  field<NodeLease, 'wishDigest'>('wish_digest', 'wishDigest', name, D.wishDigest),
];

const HANDLED = new Set(['state', 'state_time']);
const KNOWN = knownKeys(FIELDS, HANDLED);

export const leaseCodec: RecordCodec<NodeLease> = {
  decode(data, stat) {
    const stated = parseStated(data, stat, LEASE_STATES);
    if (!('value' in stated)) return stated;
    const { object, state, stateTime } = stated.value;
    const { values, extra } = decodeFields(object, FIELDS, KNOWN, { ...LEASE_DEFAULTS, state, stateTime });
    return { value: { ...values, extra } };
  },
  encode(lease, base) {
    const original = Original.of(base);
    const known = [...statePairs(lease, original), ...encodeFields(lease, FIELDS, original)];
    return writeObject(known, lease.extra, HANDLED, original);
  },
};
