import { ProviderError } from '../../ports/compute/errors.js';
import { DeadlineError, withDeadline } from '../../ports/toolkit/deadline.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { CloudSession } from './cloud-session.js';
import { ApiError } from './client/api-error.js';
import { toProviderError } from './client/classify-error.js';
import type { FloatingIp, Port } from './floating-ips.js';
import { createFloatingIp, deleteFloatingIp, listFloatingIps, listPorts } from './floating-ips.js';
import type { Network } from './networks.js';
import type { Server } from './server.js';
import { isGone } from './server.js';
import type { AddressRules } from './server-addresses.js';
import { privateIpv4Of, publicIpv4Of } from './server-addresses.js';

/** Until nova shows a new floating address, seconds. */
const PATIENCE = 60;
/** For taking one back after a failure, whatever becomes of the launch meanwhile. */
const UNDO_DEADLINE = 30;

type Plan = { readonly source: Network; readonly port: Port & { readonly ipv4: string } };

/** Gives servers floating addresses, and takes them away with the server (spec BUILDER 6.5, 6.7). */
export class FloatingAddresses {
  constructor(private readonly session: CloudSession) {}

  /** The server with its new address, or as it is when it needs none. @throws ProviderError; nothing is left behind then */
  async provide(server: Server, rules: AddressRules, signal: AbortSignal): Promise<Server> {
    if (publicIpv4Of(server, rules) !== null || privateIpv4Of(server, rules) === null || rules.private) return server;
    if (this.session.access.floatingIpSource === null) return server;
    const plan = await this.plan(server, rules.networks, signal);
    return plan === null ? server : this.attach(server, plan, signal);
  }

  /** Deletes all floating addresses that lead to the server. @throws ApiError, or the signal's reason */
  async remove(serverId: string, signal: AbortSignal): Promise<void> {
    const { client, access } = this.session;
    if (access.floatingIpSource === null || !(await client.offers('network', signal))) return;
    const networks = await this.session.networks.get(signal);
    if (!networks.some((network) => network.natSource)) return;
    const ports = await listPorts(client, { device_id: serverId }, signal);
    for (const port of ports) {
      for (const { id } of await listFloatingIps(client, { port_id: port.id }, signal)) {
        await deleteFloatingIp(client, id, signal);
      }
    }
  }

  /** Null when the cloud cannot lead an address to this server. */
  private async plan(server: Server, networks: readonly Network[], signal: AbortSignal): Promise<Plan | null> {
    const source = networks.find((network) => network.natSource);
    if (!source) return null;
    const ports = await listPorts(this.session.client, { device_id: server.id }, signal);
    for (const { id: destination } of networks.filter((network) => network.natDestination)) {
      const port = ports.find(({ networkId, ipv4 }) => networkId === destination && ipv4 !== null);
      if (port?.ipv4) return { source, port: { ...port, ipv4: port.ipv4 } };
    }
    return null;
  }

  private async attach(server: Server, { source, port }: Plan, signal: AbortSignal): Promise<Server> {
    const { clock } = this.session.context;
    let made: FloatingIp | null = null;
    try {
      made = await createFloatingIp(this.session.client, source.id, port, signal);
      const { address } = made;
      const what = `waiting for the floating address of server ${server.id}`;
      return await withDeadline(clock, PATIENCE, what, signal, (inner) =>
        this.session.servers.until((snapshot) => showing(snapshot.get(server.id), server.id, address), inner),
      );
    } catch (error) {
      await this.undo(made, port);
      signal.throwIfAborted();
      throw asFailure(error, server.id);
    }
  }

  /** Takes it back. If the answer to its creation was lost, whatever leads to the port is what was made. */
  private async undo(made: FloatingIp | null, port: Port): Promise<void> {
    const { client, context } = this.session;
    try {
      await withDeadline(
        context.clock,
        UNDO_DEADLINE,
        'taking back a floating address',
        new AbortController().signal,
        async (inner) => {
          const left = made ? [made] : await listFloatingIps(client, { port_id: port.id }, inner);
          for (const { id } of left) await deleteFloatingIp(client, id, inner);
        },
      );
    } catch (error) {
      context.logger.warn(`A floating address may be left at port ${port.id}`, errorFields(error));
    }
  }
}

function showing(server: Server | undefined, id: string, address: string): Server | undefined {
  if (!server || isGone(server)) {
    throw new ProviderError('not-found', `Server ${id} was deleted while it was getting an address`, {
      metric: 'error.ipadd',
    });
  }
  return server.addresses.some((entry) => entry.address === address) ? server : undefined;
}

function asFailure(error: unknown, externalId: string): unknown {
  if (error instanceof DeadlineError) {
    return new ProviderError('transient', error.message, { metric: 'error.ipadd', externalId, cause: error });
  }
  if (error instanceof ApiError) return toProviderError(error, { metric: 'error.ipadd', externalId });
  return error;
}
