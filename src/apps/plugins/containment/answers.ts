/** What a driver answers, looked at before anybody relies on it. Values that a driver may leave out become null. */
import type { FixedSlot } from '../../../domain/model/fixed-slot.js';
import type { Resources } from '../../../domain/model/quota.js';
import type { CloudImage } from '../../../ports/compute/images.js';
import type { AccountInstance, Instance, LabelReadiness } from '../../../ports/compute/provider.js';

/** An answer that the contract does not allow. The message says where and what, never the value. */
export class NonsenseError extends Error {
  override readonly name = 'NonsenseError';
}

const MOST_ENTRIES = 100_000;
const LONGEST_ID = 1000;
const LONGEST_CONSOLE = 1 << 20;
/** Characters; ZooKeeper takes a record of a megabyte, most of which is not ours. */
const LONGEST_PORT = 1 << 18;

type Plain = Readonly<Record<string, unknown>>;

export function nothing(): void {
  return undefined;
}

/** A part of a provider that may be there or not. */
export function part<T>(value: unknown): T | null {
  if (absent(value)) return null;
  plain(value, 'it');
  return value as T;
}

export function externalId(value: unknown, where = 'its answer'): string {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_ID) return value;
  throw new NonsenseError(`${where} is no id, but ${kindOf(value)}`);
}

export function resources(value: unknown, where = 'its answer'): Resources {
  const found: Record<string, number> = {};
  for (const [key, amount] of Object.entries(plain(value, where))) {
    // Unlimited is said by leaving a key out, or by Infinity.
    if (typeof amount !== 'number' || Number.isNaN(amount) || amount < 0) {
      throw new NonsenseError(`${where}.${key} is no amount`);
    }
    if (amount !== Infinity) found[key] = amount;
  }
  return found;
}

/** What a node takes: one instance at least. */
export function nodeResources(value: unknown, where = 'its answer'): Resources {
  const found = resources(value, where);
  return { ...found, instances: Math.max(1, found['instances'] ?? 1) };
}

export function zones(value: unknown): readonly string[] {
  return list(value, 'its answer').map((zone, index) => externalId(zone, `zone ${index}`));
}

export function instance(expected: string): (value: unknown) => Instance {
  return (value) => {
    const found = plain(value, 'its answer');
    const id = found['externalId'] === undefined ? expected : externalId(found['externalId'], 'externalId');
    if (id !== expected) throw new NonsenseError('it answers another instance than it was asked for');
    const text = (key: string): string | null => textOrNull(found[key], key);
    return {
      externalId: id,
      interfaceIp: text('interfaceIp'),
      publicIpv4: text('publicIpv4'),
      privateIpv4: text('privateIpv4'),
      publicIpv6: text('publicIpv6'),
      privateIpv6: text('privateIpv6'),
      az: text('az'),
      region: text('region'),
      cloud: text('cloud'),
      hostId: text('hostId'),
      resources: absent(found['resources']) ? null : nodeResources(found['resources'], 'resources'),
      hostKeys: absent(found['hostKeys']) ? null : texts(found['hostKeys'], 'hostKeys'),
      ...connectionPort(found['connectionPort']),
      ...overrides(found),
    };
  };
}

function connectionPort(value: unknown): Pick<Instance, 'connectionPort'> {
  if (absent(value)) return {};
  if (typeof value === 'object') return { connectionPort: plainJson(plain(value, 'connectionPort')) };
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > 65_535) {
    throw new NonsenseError('connectionPort is no port');
  }
  return { connectionPort: Number(value) };
}

/** A copy of what can be kept in a record, and of nothing else. */
function plainJson(value: Plain): Plain {
  const text = JSON.stringify(value);
  if (text.length > LONGEST_PORT) throw new NonsenseError(`connectionPort has ${text.length} characters`);
  return JSON.parse(text) as Plain;
}

const OVERRIDES = ['connectionType', 'username', 'pythonPath', 'shellType'] as const;

/** What a driver knows better than the image. */
function overrides(found: Plain): Partial<Instance> {
  const known = OVERRIDES.map((key) => [key, textOrNull(found[key], key)] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== null));
}

export function accountInstances(value: unknown): readonly AccountInstance[] {
  return list(value, 'its answer').map((entry, index) => {
    const where = `entry ${index}`;
    const found = plain(entry, where);
    return {
      externalId: externalId(found['externalId'], `${where}.externalId`),
      metadata: textMap(found['metadata'] ?? {}, `${where}.metadata`),
      resources: absent(found['resources']) ? { instances: 1 } : resources(found['resources'], `${where}.resources`),
    };
  });
}

export function cloudImages(value: unknown): readonly CloudImage[] {
  return list(value, 'its answer').map((entry, index) => {
    const where = `image ${index}`;
    const found = plain(entry, where);
    return {
      externalId: externalId(found['externalId'], `${where}.externalId`),
      name: textOrNull(found['name'], `${where}.name`) ?? '',
      properties: textMap(found['properties'] ?? {}, `${where}.properties`),
    };
  });
}

export function consoleText(value: unknown): string | null {
  return textOrNull(value, 'its answer')?.slice(-LONGEST_CONSOLE) ?? null;
}

export function readiness(value: unknown): LabelReadiness {
  const { ready, problem, broken } = plain(value, 'its answer');
  if (typeof ready !== 'boolean') throw new NonsenseError('ready is no boolean');
  if (ready) return { ready };
  return { ready, problem: textOrNull(problem, 'problem') ?? 'the driver does not say why', broken: broken === true };
}

export function slots(value: unknown): readonly FixedSlot[] {
  return list(value, 'its answer').map((entry, index) => {
    const where = `slot ${index}`;
    const found = plain(entry, where);
    const { slot, connectionPort } = found;
    if (!Number.isInteger(slot) || !Number.isInteger(connectionPort)) throw new NonsenseError(`${where} has no number`);
    return {
      key: externalId(found['key'], `${where}.key`),
      hostname: externalId(found['hostname'], `${where}.hostname`),
      slot: Number(slot),
      labels: texts(found['labels'], `${where}.labels`),
      username: textOrNull(found['username'], `${where}.username`) ?? 'zuul',
      connectionType: textOrNull(found['connectionType'], `${where}.connectionType`) ?? 'ssh',
      connectionPort: Number(connectionPort),
      pythonPath: textOrNull(found['pythonPath'], `${where}.pythonPath`) ?? 'auto',
      shellType: textOrNull(found['shellType'], `${where}.shellType`),
    };
  });
}

export function machineCheck(value: unknown): { readonly hostKeys: readonly string[] } {
  return { hostKeys: texts(plain(value, 'its answer')['hostKeys'] ?? [], 'hostKeys') };
}

function plain(value: unknown, where: string): Plain {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Plain;
  throw new NonsenseError(`${where} is no object, but ${kindOf(value)}`);
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new NonsenseError(`${where} is no list, but ${kindOf(value)}`);
  if (value.length > MOST_ENTRIES) throw new NonsenseError(`${where} has ${value.length} entries`);
  return value as readonly unknown[];
}

function texts(value: unknown, where: string): readonly string[] {
  return list(value, where).map((entry) => {
    if (typeof entry !== 'string') throw new NonsenseError(`${where} holds ${kindOf(entry)} instead of a text`);
    return entry;
  });
}

function textMap(value: unknown, where: string): Readonly<Record<string, string>> {
  const found = plain(value, where);
  for (const [key, entry] of Object.entries(found)) {
    if (typeof entry !== 'string') throw new NonsenseError(`${where}.${key} is no text, but ${kindOf(entry)}`);
  }
  return { ...(found as Readonly<Record<string, string>>) };
}

function textOrNull(value: unknown, where: string): string | null {
  if (absent(value)) return null;
  if (typeof value === 'string') return value;
  throw new NonsenseError(`${where} is no text, but ${kindOf(value)}`);
}

function absent(value: unknown): boolean {
  return value === undefined || value === null;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty text';
  if (Array.isArray(value)) return 'a list';
  return `${typeof value}`;
}
