import type { CloudAccess } from '../clouds/cloud-access.js';
import { CloudClient } from './cloud-client.js';
import type { OpenStackClient, OpenStackClientOptions } from './openstack-client.js';

/** Without I/O: the first call connects. */
export function createOpenStackClient(cloud: CloudAccess, options: OpenStackClientOptions): OpenStackClient {
  return new CloudClient(cloud, options);
}
