import { openStackProviderSettings } from '../../domain/config/openstack.js';
import type { ProviderConfig } from '../../domain/config/config.js';
import type { LeakedResourceKind, LeakedResourceProvider } from '../../ports/compute/leaked-resources.js';
import type { CloudSession } from './cloud-session.js';
import { toProviderError } from './client/classify-error.js';
import { deleteFloatingIp, deletePort, listFloatingIps, listPorts } from './floating-ips.js';

const PORTS = 'ports';
const FLOATING_IPS = 'floatingips';

/** Ports that no server uses any more, and floating addresses that lead nowhere (spec BUILDER 6.11). */
export class OpenStackLeakedResources implements LeakedResourceProvider {
  readonly kinds: readonly LeakedResourceKind[];

  constructor(
    config: ProviderConfig,
    private readonly session: () => CloudSession,
  ) {
    const { portCleanupInterval, cleanFloatingIps } = openStackProviderSettings(config);
    this.kinds = [
      ...(portCleanupInterval > 0 ? [{ name: PORTS, interval: portCleanupInterval }] : []),
      ...(cleanFloatingIps ? [{ name: FLOATING_IPS, interval: 0 }] : []),
    ];
  }

  async list(kind: LeakedResourceKind, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    const { client } = this.session();
    try {
      if (!(await client.offers('network', signal))) return [];
      if (kind.name === PORTS) {
        const ports = await listPorts(client, { status: 'DOWN' }, signal);
        return ports.filter(({ deviceOwner }) => isComputeOrNobody(deviceOwner)).map(({ id }) => id);
      }
      const addresses = await listFloatingIps(client, {}, signal);
      return addresses.filter(({ portId }) => portId === null).map(({ id }) => id);
    } catch (error) {
      throw toProviderError(error);
    }
  }

  async remove(kind: LeakedResourceKind, id: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { client } = this.session();
    try {
      await (kind.name === PORTS ? deletePort(client, id, signal) : deleteFloatingIp(client, id, signal));
    } catch (error) {
      throw toProviderError(error);
    }
  }
}

/** Ports of routers, DHCP and load balancers are somebody's, up or down. */
function isComputeOrNobody(owner: string): boolean {
  return owner === '' || owner.startsWith('compute:');
}
