import type { Resources } from '../../domain/model/quota.js';
import type { JsonObject } from './client/api-call.js';
import { isStatus } from './client/api-error.js';
import type { OpenStackClient } from './client/openstack-client.js';
import { numberAt, objectAt } from './read-json.js';

const COMPUTE = { maxTotalInstances: 'instances', maxTotalCores: 'cores', maxTotalRAMSize: 'ram' } as const;
const VOLUME = { maxTotalVolumes: 'volumes', maxTotalVolumeGigabytes: 'volume-gb' } as const;

/** What the project may have; -1 is unlimited (spec BUILDER 6.8). Clouds without volumes limit none. */
export async function accountLimits(client: OpenStackClient, signal: AbortSignal): Promise<Resources> {
  return { ...(await ask(client, 'compute', COMPUTE, signal)), ...(await volumeLimits(client, signal)) };
}

async function volumeLimits(client: OpenStackClient, signal: AbortSignal): Promise<Resources> {
  if (!(await client.offers('volume', signal))) return {};
  try {
    return await ask(client, 'volume', VOLUME, signal);
  } catch (error) {
    if (isStatus(error, 403, 404)) return {};
    throw error;
  }
}

async function ask(
  client: OpenStackClient,
  service: 'compute' | 'volume',
  names: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Resources> {
  const call = { service, method: 'GET', path: '/limits', expected: [200, 203], idempotent: true } as const;
  const { json } = await client.call(call, signal);
  return limitsOf(objectAt(objectAt(json, 'limits'), 'absolute'), names);
}

function limitsOf(absolute: JsonObject, names: Readonly<Record<string, string>>): Resources {
  const limits: Record<string, number> = {};
  for (const [theirs, ours] of Object.entries(names)) {
    const amount = numberAt(absolute, theirs);
    if (amount !== null && amount >= 0) limits[ours] = amount;
  }
  return limits;
}
