/** The services of a cloud, as the identity service lists them. */
import type { ServiceAccess } from '../clouds/cloud-access.js';
import type { Service } from './api-call.js';

export interface CatalogueEndpoint {
  readonly region: string | null;
  /** `public`, `internal` or `admin`. */
  readonly interface: string;
  readonly url: string;
}

export interface CatalogueService {
  readonly type: string;
  readonly name: string | null;
  readonly endpoints: readonly CatalogueEndpoint[];
}

export type Catalogue = readonly CatalogueService[];

/** Types under which a service may be listed: the official one and older ones, the best first. */
const TYPES: Readonly<Record<Service, readonly string[]>> = {
  compute: ['compute'],
  image: ['image'],
  network: ['network'],
  volume: ['block-storage', 'volumev3', 'block-store', 'volumev2', 'volume'],
  identity: ['identity', 'identityv3'],
  'object-store': ['object-store', 'object-storage'],
};

export type CatalogueAnswer = { readonly url: string } | { readonly problem: string };

export function findEndpoint(
  catalogue: Catalogue,
  service: Service,
  access: ServiceAccess,
  region: string | null,
): CatalogueAnswer {
  const services = typesOf(service, access).flatMap((type) => catalogue.filter((entry) => entry.type === type));
  const named = services.filter(({ name }) => access.serviceName === null || name === access.serviceName);
  if (named.length === 0) {
    const wanted = access.serviceName === null ? '' : ` named ${access.serviceName}`;
    return { problem: `the cloud's catalogue has no service ${access.type ?? service}${wanted}` };
  }
  const wantedRegion = access.region ?? region;
  for (const { endpoints } of named) {
    for (const wanted of access.interfaces) {
      const found = endpoints.find(
        (endpoint) => endpoint.interface === wanted && (wantedRegion === null || endpoint.region === wantedRegion),
      );
      if (found) return { url: found.url };
    }
  }
  const there = named.flatMap(({ endpoints }) => endpoints.map((each) => `${each.interface} in ${each.region ?? '-'}`));
  const place = wantedRegion === null ? '' : ` in region ${wantedRegion}`;
  return {
    problem:
      `the cloud's catalogue has no ${access.interfaces.join(' or ')} endpoint of ${service}${place}; ` +
      `it has: ${[...new Set(there)].join(', ') || 'none'}`,
  };
}

function typesOf(service: Service, { type, apiVersion }: ServiceAccess): readonly string[] {
  if (type !== null) return [type];
  const major = apiVersion === null ? null : /^v?(\d+)/.exec(apiVersion)?.[1];
  const versioned = service === 'volume' && major ? [`volumev${major}`] : [];
  return [...versioned, ...TYPES[service]];
}
