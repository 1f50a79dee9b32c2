import type { Node } from '../../domain/model/node.js';
import type { NodeRow } from '../../domain/presentation/rows.js';

/** A node as operators see it. Credentials that a driver keeps in the port field end here (spec BUILDER 3.3). */
export function nodeRow(id: string, node: Node, locked: boolean): NodeRow {
  return {
    id,
    provider: node.provider,
    labels: node.type,
    serverId: node.externalId,
    publicIpv4: node.publicIpv4,
    publicIpv6: node.publicIpv6,
    state: node.state,
    stateTime: node.stateTime,
    locked,
    pool: node.pool,
    hostname: node.hostname,
    privateIpv4: node.privateIpv4,
    az: node.az,
    username: node.username,
    connectionPort: visiblePort(node.connectionPort),
    launcher: node.launcher,
    allocatedTo: node.allocatedTo,
    holdJob: node.holdJob,
    comment: node.comment,
    userData: node.userData ?? null,
    driverData: node.driverData ?? null,
  };
}

function visiblePort(port: unknown): number | 'redacted' {
  return typeof port === 'number' && Number.isInteger(port) ? port : 'redacted';
}
