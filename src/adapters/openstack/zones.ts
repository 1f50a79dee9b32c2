import { ApiError } from './client/api-error.js';
import type { OpenStackClient } from './client/openstack-client.js';
import { objectAt, objectsAt, textAt } from './read-json.js';

/** Names of the zones that take servers. A cloud that does not tell has none (spec BUILDER 6.2). */
export async function listZones(client: OpenStackClient, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const { json } = await client.call(
      { service: 'compute', method: 'GET', path: '/os-availability-zone', expected: [200], idempotent: true },
      signal,
    );
    return objectsAt(json, 'availabilityZoneInfo')
      .filter((zone) => objectAt(zone, 'zoneState')['available'] === true)
      .map((zone) => textAt(zone, 'zoneName'))
      .filter((name) => name !== '');
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'status') return [];
    throw error;
  }
}
