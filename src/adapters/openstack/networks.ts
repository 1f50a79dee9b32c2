import type { CloudNetwork } from './clouds/cloud-access.js';
import type { JsonObject } from './client/api-call.js';
import type { OpenStackClient } from './client/openstack-client.js';
import { textAt } from './read-json.js';

/** A network of the cloud, and what it is good for: by the flags of `clouds.yaml`, else by what neutron says (spec BUILDER 6.1). */
export interface Network {
  readonly id: string;
  readonly name: string;
  /** IPv4 addresses on it are reachable from outside. */
  readonly externalIpv4: boolean;
  readonly externalIpv6: boolean;
  /** Floating addresses come from it. */
  readonly natSource: boolean;
  /** Floating addresses lead to it. */
  readonly natDestination: boolean;
  /** Clients connect to addresses on it whatever else there is. */
  readonly defaultInterface: boolean;
}

/** @throws ApiError, or the signal's reason */
export async function listNetworks(
  client: OpenStackClient,
  flags: readonly CloudNetwork[],
  signal: AbortSignal,
): Promise<readonly Network[]> {
  const [networks, subnets] = [await listAll(client, 'networks', signal), await listAll(client, 'subnets', signal)];
  const routed = new Set(
    subnets.filter((subnet) => textAt(subnet, 'gateway_ip')).map((one) => textAt(one, 'network_id')),
  );
  return networks.map((json) => describe(json, flags, routed));
}

/** The network with this name or id. */
export function findNetwork(networks: readonly Network[], nameOrId: string): Network | undefined {
  return networks.find(({ id }) => id === nameOrId) ?? networks.find(({ name }) => name === nameOrId);
}

function describe(json: JsonObject, flags: readonly CloudNetwork[], routed: ReadonlySet<string>): Network {
  const [id, name] = [textAt(json, 'id'), textAt(json, 'name')];
  const own = flags.find((flag) => flag.name === name || flag.name === id);
  const isExternal = json['router:external'] === true;
  const isProvider = textAt(json, 'provider:physical_network') !== '';
  // As soon as one network is flagged, the others are not.
  const flagged = (role: 'natSource' | 'natDestination'): boolean | undefined =>
    flags.some((flag) => flag[role]) ? own?.[role] === true : undefined;
  return {
    id,
    name,
    externalIpv4: own?.routesIpv4Externally ?? (isExternal || isProvider),
    externalIpv6: own?.routesIpv6Externally ?? isExternal,
    natSource: flagged('natSource') ?? isExternal,
    natDestination: flagged('natDestination') ?? (!isExternal && routed.has(id)),
    defaultInterface: own?.defaultInterface === true,
  };
}

async function listAll(
  client: OpenStackClient,
  what: 'networks' | 'subnets',
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = [];
  const call = { service: 'network', method: 'GET', path: `/${what}`, expected: [200], idempotent: true } as const;
  for await (const page of client.pages(call, what, signal)) all.push(...page);
  return all;
}
