/** Kinds of values that only the libvirt driver's sections have. */
import { isIPv4 } from 'node:net';
import { DEFAULT_PORTS } from '../../domain/config/libvirt.js';
import type { LibvirtNetwork, PortRange } from '../../domain/config/libvirt.js';
import type { ValueFault, ValueKind } from './value-kinds.js';
import { isRecord, typeName } from './value-kinds.js';

/** `true`, `false`, or the name of the other format. */
export const configDrive: ValueKind<boolean | 'nocloud'> = {
  type: 'boolean or nocloud',
  schema: { enum: [true, false, 'nocloud'] },
  check: (value) =>
    typeof value === 'boolean' || value === 'nocloud'
      ? []
      : [fault(`expected true, false or nocloud, found ${typeName(value)}`)],
  convert: (value) => value as boolean | 'nocloud',
};

export const ratio: ValueKind<number> = {
  type: 'number',
  schema: { type: 'number', exclusiveMinimum: 0 },
  check: (value) =>
    typeof value === 'number' && Number.isFinite(value) && value > 0
      ? []
      : [fault(`expected float (a number above 0), found ${typeName(value)}`)],
  convert: Number,
};

const EXPECTED = 'expected the name of a network, {bridge: NAME} or {user: {address: ADDRESS}}';
const RANGE = /^(\d{1,5})-(\d{1,5})$/;
const USER_KEYS = ['address', 'ports', 'restrict'];

const name = { type: 'string', minLength: 1 } as const;

export const network: ValueKind<LibvirtNetwork> = {
  type: 'text or map',
  schema: {
    anyOf: [
      name,
      { type: 'object', required: ['bridge'], properties: { bridge: name }, additionalProperties: false },
      {
        type: 'object',
        required: ['user'],
        additionalProperties: false,
        properties: {
          user: {
            type: 'object',
            additionalProperties: false,
            properties: {
              address: { type: 'string', format: 'ipv4' },
              ports: { type: 'string', pattern: RANGE.source },
              restrict: { type: 'boolean' },
            },
          },
        },
      },
    ],
  },
  check: networkFaults,
  convert: networkOf,
};

function networkFaults(value: unknown): readonly ValueFault[] {
  if (typeof value === 'string') return value === '' ? [fault(EXPECTED)] : [];
  if (!isRecord(value)) return [fault(`${EXPECTED}, found ${typeName(value)}`)];
  const [key, ...others] = Object.keys(value);
  if (others.length > 0 || (key !== 'bridge' && key !== 'user')) return [fault(EXPECTED)];
  if (key === 'user') return userFaults(value['user']);
  const { bridge } = value;
  return typeof bridge === 'string' && bridge !== '' ? [] : [fault('expected str (a string)', ['bridge'])];
}

function userFaults(value: unknown): readonly ValueFault[] {
  if (!isRecord(value)) return [fault(`expected a dictionary (a map), found ${typeName(value)}`, ['user'])];
  const faults: ValueFault[] = Object.keys(value)
    .filter((key) => !USER_KEYS.includes(key))
    .map((key) => ({ ...fault(`unknown key; known: ${USER_KEYS.join(', ')}`, ['user', key]), severity: 'strict' }));
  const { address, ports, restrict } = value;
  if (address !== undefined && !(typeof address === 'string' && isIPv4(address))) {
    faults.push(fault('expected an IPv4 address of the host', ['user', 'address']));
  }
  if (ports !== undefined && rangeOf(ports) === undefined) {
    faults.push(fault('expected two ports, as in 22000-22999', ['user', 'ports']));
  }
  if (restrict !== undefined && typeof restrict !== 'boolean') {
    faults.push(fault(`expected bool (true or false), found ${typeName(restrict)}`, ['user', 'restrict']));
  }
  return faults;
}

function networkOf(value: unknown): LibvirtNetwork {
  if (typeof value === 'string') return { kind: 'network', name: value };
  const { bridge, user } = value as Readonly<Record<string, unknown>>;
  if (typeof bridge === 'string') return { kind: 'bridge', name: bridge };
  const { address, ports, restrict } = user as Readonly<Record<string, unknown>>;
  return {
    kind: 'user',
    address: typeof address === 'string' ? address : '127.0.0.1',
    ports: rangeOf(ports) ?? DEFAULT_PORTS,
    restrict: restrict === true,
  };
}

function rangeOf(value: unknown): PortRange | undefined {
  const [, first, last] = RANGE.exec(typeof value === 'string' ? value : '') ?? [];
  const range = { first: Number(first), last: Number(last) };
  return range.first >= 1 && range.first <= range.last && range.last <= 65_535 ? range : undefined;
}

function fault(message: string, path: ValueFault['path'] = []): ValueFault {
  return { path, message, severity: 'error' };
}
