/** Settings of each service in an entry of `clouds.yaml`: `<service>_interface`, `<service>_endpoint_override`, … (spec BUILDER 6.1). */
import type { CloudService, ServiceAccess } from './cloud-access.js';
import { CLOUD_SERVICES } from './cloud-access.js';
import type { CloudEntryReader } from './cloud-entry-reader.js';

/** What the keys of a service may begin with, the proper name first. */
const PREFIXES: Readonly<Record<CloudService, readonly string[]>> = {
  compute: ['compute'],
  image: ['image'],
  network: ['network'],
  volume: ['block_storage', 'volume', 'volumev3', 'block_store', 'volumev2'],
  identity: ['identity'],
  'object-store': ['object_store'],
};

export function readCloudServices(entry: CloudEntryReader): Readonly<Record<CloudService, ServiceAccess>> {
  const services = CLOUD_SERVICES.map((service) => [service, readService(entry, service)] as const);
  return Object.fromEntries(services) as Record<CloudService, ServiceAccess>;
}

function readService(entry: CloudEntryReader, service: CloudService): ServiceAccess {
  const prefixes = PREFIXES[service];
  const text = (suffix: string): string | null => entry.text(...prefixes.map((prefix) => `${prefix}_${suffix}`));
  const override = text('endpoint_override') ?? text('endpoint');
  const apiVersion = text('api_version');
  if (override !== null && !/^https?:\/\//i.test(override)) {
    entry.problem(`${prefixes[0] ?? service}_endpoint_override`, 'expected an address like https://host:8774/v2.1');
  }
  return {
    enabled: entry.boolean(`has_${prefixes[0] ?? service}`, true),
    interfaces: interfacesOf(entry, prefixes),
    region: text('region_name'),
    type: text('service_type'),
    serviceName: text('service_name'),
    endpointOverride: override === null ? null : entry.expanded(override),
    apiVersion,
    defaultMicroversion: text('default_microversion') ?? impliedMicroversion(service, apiVersion),
  };
}

/** `endpoint_type` is the old name, `publicURL` the old value. */
function interfacesOf(entry: CloudEntryReader, prefixes: readonly string[]): readonly string[] {
  const keys = prefixes.flatMap((prefix) => [`${prefix}_interface`, `${prefix}_endpoint_type`]);
  for (const key of [...keys, 'interface', 'endpoint_type']) {
    const interfaces = entry.texts(key).map((name) => name.replace(/url$/i, '').toLowerCase());
    if (interfaces.length === 0) continue;
    const unknown = interfaces.find((name) => !['public', 'internal', 'admin'].includes(name));
    if (unknown !== undefined) entry.problem(key, `expected public, internal or admin`);
    return interfaces;
  }
  return ['public'];
}

/** `compute_api_version: '2.53'` is how people say which microversion they want. */
function impliedMicroversion(service: CloudService, apiVersion: string | null): string | null {
  const minor = /^\d+\.(\d+)$/.exec(apiVersion ?? '')?.[1];
  const hasMicroversions = service === 'compute' || service === 'volume';
  return hasMicroversions && minor !== undefined && Number(minor) > 0 ? apiVersion : null;
}
