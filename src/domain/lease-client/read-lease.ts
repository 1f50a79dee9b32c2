import type { LeaseCondition, LeasedNode, LeaseQueue, LeaseView } from './lease-view.js';

type Members = Readonly<Record<string, unknown>>;

/** Reads an answer that shows a lease; undefined if it shows none. What is wrong with a member costs that member only. */
export function readLease(value: unknown): LeaseView | undefined {
  if (!isObject(value)) return undefined;
  const { id, state } = value;
  if (typeof id !== 'string' || (state !== 'waiting' && state !== 'active' && state !== 'ended')) return undefined;
  return {
    id,
    state,
    outcome: text(value['outcome']),
    labels: list(value['labels']).filter((each) => typeof each === 'string'),
    holder: text(value['holder']) ?? '',
    purpose: text(value['purpose']),
    ttl: number(value['ttl']) ?? 300,
    createdAt: time(value['created_at']),
    expiresAt: time(value['expires_at']),
    endsAt: time(value['ends_at']),
    endedAt: time(value['ended_at']),
    requestId: text(value['request_id']),
    conditions: list(value['conditions']).flatMap(readCondition),
    queue: readQueue(value['queue']),
    nodes: list(value['nodes']).flatMap(readNode),
    whole: value,
  };
}

function readCondition(value: unknown): readonly LeaseCondition[] {
  if (!isObject(value)) return [];
  const message = text(value['message']);
  const code = text(value['code']) ?? '';
  return [{ code, pool: text(value['pool']), message: message ?? code }];
}

function readQueue(value: unknown): LeaseQueue | null {
  if (!isObject(value)) return null;
  const estimate = isObject(value['estimate']) ? value['estimate'] : {};
  return { ahead: number(value['ahead']), p50: number(estimate['p50']) };
}

function readNode(value: unknown): readonly LeasedNode[] {
  if (!isObject(value)) return [];
  const member = (name: string): string | null => text(value[name]);
  return [
    {
      id: member('id') ?? '',
      label: member('label') ?? '',
      hostname: member('hostname'),
      interfaceIp: member('interface_ip'),
      publicIpv4: member('public_ipv4'),
      publicIpv6: member('public_ipv6'),
      privateIpv4: member('private_ipv4'),
      connectionType: member('connection_type') ?? 'ssh',
      connectionPort: number(value['connection_port']),
      username: member('username'),
      hostKeys: list(value['host_keys']).filter((each) => typeof each === 'string'),
      shellType: member('shell_type'),
      pythonPath: member('python_path'),
      provider: member('provider'),
      region: member('region'),
      az: member('az'),
      whole: value,
    },
  ];
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Empty texts say as little as null. */
function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(?:Z|\+00:?00)$/;

/** ISO 8601 in UTC, read without a clock: days from the civil calendar. */
function time(value: unknown): number | null {
  const match = typeof value === 'string' ? TIME.exec(value) : null;
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  return daysSinceEpoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second + Number(match[7] ?? 0);
}

function daysSinceEpoch(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is the last of them.
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}
