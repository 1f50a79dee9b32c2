import type { LeasedNode } from '../model/lease.js';
import type { Node, NodeId } from '../model/node.js';
import { uploadOf } from '../metrics/lease-metrics.js';

/** What the holder of a lease is told of a node. */
export function leasedNode(id: NodeId, label: string, node: Node): LeasedNode {
  const { connectionPort } = node;
  return {
    id,
    label,
    hostname: node.hostname,
    interfaceIp: node.interfaceIp,
    publicIpv4: node.publicIpv4,
    publicIpv6: node.publicIpv6,
    privateIpv4: node.privateIpv4,
    connectionType: node.connectionType,
    connectionPort: typeof connectionPort === 'number' ? connectionPort : null,
    username: node.username,
    hostKeys: node.hostKeys,
    shellType: node.shellType,
    pythonPath: node.pythonPath,
    provider: node.provider,
    region: node.region,
    az: node.az,
    image: uploadOf(node.imageId)?.image ?? node.imageId,
    imageId: node.imageId,
    slot: node.slot,
  };
}
