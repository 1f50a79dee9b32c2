import type { CloudAccess, CloudService, ServiceAccess } from '../../src/adapters/openstack/clouds/cloud-access.js';
import { CLOUD_SERVICES } from '../../src/adapters/openstack/clouds/cloud-access.js';
import { Secret } from '../../src/domain/config/secret.js';

/** How to reach a cloud with a user's name and password; every other setting as if `clouds.yaml` said nothing. */
export function aCloudAccess(
  {
    authUrl,
    user = 'demo',
    password = 'secret',
    project = 'demo',
  }: {
    readonly authUrl: string;
    readonly user?: string;
    readonly password?: string;
    readonly project?: string;
  },
  change: Partial<CloudAccess> = {},
): CloudAccess {
  const domain = { id: null, name: 'Default', isDefault: false };
  const service: ServiceAccess = {
    enabled: true,
    interfaces: ['public'],
    region: null,
    type: null,
    serviceName: null,
    endpointOverride: null,
    apiVersion: null,
    defaultMicroversion: null,
  };
  const services = Object.fromEntries(CLOUD_SERVICES.map((name) => [name, service]));
  return {
    name: 'oscloud',
    region: 'RegionOne',
    auth: {
      kind: 'password',
      url: authUrl,
      version: null,
      user: { id: null, name: user, domain },
      password: new Secret(password),
      scope: { kind: 'project', id: null, name: project, domain },
    },
    services: services as Record<CloudService, ServiceAccess>,
    tls: { verify: true, cacert: null, cert: null, key: null },
    apiTimeout: null,
    networks: [],
    imageFormat: 'raw',
    imageApiUseTasks: false,
    floatingIpSource: 'neutron',
    securityGroupSource: 'neutron',
    private: false,
    forceIpv4: false,
    cacheExpiration: { server: 0, port: 0, floatingIp: 0 },
    disableVendorAgent: {},
    sdkMetricsPrefix: null,
    ...change,
  };
}
