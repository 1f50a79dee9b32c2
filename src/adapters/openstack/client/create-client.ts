import type { CloudAccess } from '../../../domain/config/cloud-access.js';
import type { OpenStackClient, OpenStackClientOptions } from './openstack-client.js';

/** Without I/O: the first call connects. */
export function createOpenStackClient(_cloud: CloudAccess, _options: OpenStackClientOptions): OpenStackClient {
  throw new Error('not implemented');
}
