/** Leases as the API answers them (spec leases 2): snake_case, ISO 8601 in UTC. */
import { endsAt, waitUntil, type LeasedNode } from '../../../../domain/model/lease.js';
import type { LeaseDescription } from '../../../../ports/leasing/lease-desk.js';

export function leaseJson({
  lease: { id, value },
  conditions,
  queue,
}: LeaseDescription): Readonly<Record<string, unknown>> {
  return {
    id,
    state: value.state,
    outcome: value.outcome,
    labels: value.labels,
    holder: value.holder,
    tenant: value.tenant,
    purpose: value.purpose,
    priority: value.priority,
    ttl: value.ttl,
    max_duration: value.maxDuration,
    wait_until: time(waitUntil(value)),
    created_at: time(value.createdAt),
    active_at: time(value.activeAt),
    expires_at: time(value.expiresAt),
    ends_at: time(endsAt(value)),
    ended_at: time(value.endedAt),
    capped_by: value.cappedBy,
    request_id: value.requestId,
    conditions: conditions.map((condition) => ({ ...condition, since: time(condition.since) })),
    queue: value.state === 'waiting' ? queue : null,
    nodes: value.state === 'active' ? value.nodes.map(nodeJson) : [],
  };
}

function nodeJson(node: LeasedNode): Readonly<Record<string, unknown>> {
  return {
    id: node.id,
    label: node.label,
    hostname: node.hostname,
    interface_ip: node.interfaceIp,
    public_ipv4: node.publicIpv4,
    public_ipv6: node.publicIpv6,
    private_ipv4: node.privateIpv4,
    connection_type: node.connectionType,
    connection_port: node.connectionPort,
    username: node.username,
    host_keys: node.hostKeys,
    shell_type: node.shellType,
    python_path: node.pythonPath,
    provider: node.provider,
    region: node.region,
    az: node.az,
    image: node.image,
    slot: node.slot,
  };
}

function time(seconds: number | null): string | null {
  return seconds === null ? null : new Date(Math.round(seconds * 1000)).toISOString();
}
