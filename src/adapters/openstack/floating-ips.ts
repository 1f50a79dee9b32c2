/** The calls about floating addresses and the ports they lead to (spec BUILDER 6.2, 6.5). */
import type { JsonObject } from './client/api-call.js';
import type { OpenStackClient } from './client/openstack-client.js';
import { objectAt, objectsAt, textAt } from './read-json.js';

export interface FloatingIp {
  readonly id: string;
  readonly address: string;
  /** Null: it leads nowhere. */
  readonly portId: string | null;
  /** The server it leads to; null = neutron does not say. */
  readonly deviceId: string | null;
}

export interface Port {
  readonly id: string;
  readonly networkId: string;
  readonly deviceId: string;
  readonly deviceOwner: string;
  readonly status: string;
  /** The first of its IPv4 addresses. */
  readonly ipv4: string | null;
}

const GET = { service: 'network', method: 'GET', expected: [200], idempotent: true } as const;

export async function listFloatingIps(
  client: OpenStackClient,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly FloatingIp[]> {
  const all: FloatingIp[] = [];
  for await (const page of client.pages({ ...GET, path: '/floatingips', query }, 'floatingips', signal)) {
    all.push(...page.map(readFloatingIp));
  }
  return all;
}

/** Makes a new one that leads to the port. One without a port is never taken: somebody else may be about to. */
export async function createFloatingIp(
  client: OpenStackClient,
  networkId: string,
  port: Port & { readonly ipv4: string },
  signal: AbortSignal,
): Promise<FloatingIp> {
  const floatingip = { floating_network_id: networkId, port_id: port.id, fixed_ip_address: port.ipv4 };
  const { json } = await client.call(
    {
      service: 'network',
      method: 'POST',
      path: '/floatingips',
      json: { floatingip },
      expected: [201],
      idempotent: false,
    },
    signal,
  );
  return readFloatingIp(objectAt(json, 'floatingip'));
}

export async function deleteFloatingIp(client: OpenStackClient, id: string, signal: AbortSignal): Promise<void> {
  await remove(client, `/floatingips/${encodeURIComponent(id)}`, signal);
}

export async function listPorts(
  client: OpenStackClient,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly Port[]> {
  const all: Port[] = [];
  for await (const page of client.pages({ ...GET, path: '/ports', query }, 'ports', signal)) {
    all.push(...page.map(readPort));
  }
  return all;
}

export async function deletePort(client: OpenStackClient, id: string, signal: AbortSignal): Promise<void> {
  await remove(client, `/ports/${encodeURIComponent(id)}`, signal);
}

async function remove(client: OpenStackClient, path: string, signal: AbortSignal): Promise<void> {
  await client.call(
    { service: 'network', method: 'DELETE', path, expected: [204, 404], idempotent: true, urgent: true },
    signal,
  );
}

function readFloatingIp(json: JsonObject): FloatingIp {
  return {
    id: textAt(json, 'id'),
    address: textAt(json, 'floating_ip_address'),
    portId: textAt(json, 'port_id') || null,
    deviceId: textAt(objectAt(json, 'port_details'), 'device_id') || null,
  };
}

function readPort(json: JsonObject): Port {
  const ipv4 = objectsAt(json, 'fixed_ips')
    .map((fixed) => textAt(fixed, 'ip_address'))
    .find((address) => address.includes('.'));
  return {
    id: textAt(json, 'id'),
    networkId: textAt(json, 'network_id'),
    deviceId: textAt(json, 'device_id'),
    deviceOwner: textAt(json, 'device_owner'),
    status: textAt(json, 'status'),
    ipv4: ipv4 ?? null,
  };
}
