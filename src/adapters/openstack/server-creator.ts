import type { InstanceSpec } from '../../ports/compute/provider.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { isOfNode } from '../../domain/decide/installation.js';
import { openStackLabelSettings } from '../../domain/config/openstack.js';
import type { OpenStackLabelSettings } from '../../domain/config/openstack.js';
import type { CloudSession } from './cloud-session.js';
import { isStatus } from './client/api-error.js';
import type { CreateChoices } from './create-body.js';
import { createRequest } from './create-body.js';
import { chooseFlavor } from './flavors.js';
import { findActiveImage } from './glance-images.js';
import { findNetwork } from './networks.js';
import type { Server } from './server.js';
import { isGone } from './server.js';
import { createFailure, mayHaveHappened } from './server-errors.js';
import { createServer } from './servers.js';

/** Pauses between looks for a server whose creation got no answer, seconds: nova may still be at it. */
const SEARCH_PAUSES = [0, 2, 5, 10];
/** Nodes remembered at most, oldest forgotten first. */
const REMEMBERED = 10_000;

/**
 * Makes servers, never two for one node: where a server may exist already, it is looked for by its metadata first
 * (spec BUILDER 6.4).
 */
export class ServerCreator {
  /** Keys of nodes for which a server was asked for. */
  private readonly asked = new Set<string>();

  constructor(
    private readonly session: CloudSession,
    private readonly replace: (serverId: string, signal: AbortSignal) => Promise<void>,
  ) {}

  /** Answers the server's id. @throws ProviderError, or the signal's reason */
  async create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const choices = await this.choices(spec, signal);
    const earlier = this.asked.has(spec.idempotencyKey) ? await this.find(spec, signal) : undefined;
    if (earlier && earlier.status !== 'ERROR') return earlier.id;
    if (earlier) await this.replace(earlier.id, signal);
    this.remember(spec.idempotencyKey);
    const { path, body } = createRequest(spec, choices);
    try {
      return await createServer(this.session.client, path, body, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isStatus(error, 400)) this.session.dropCaches();
      const lost = mayHaveHappened(error) ? await this.findLost(spec, signal) : undefined;
      if (lost) return lost.id;
      throw createFailure(error);
    }
  }

  private async choices(spec: InstanceSpec, signal: AbortSignal): Promise<CreateChoices> {
    const settings = openStackLabelSettings(spec.label);
    const flavor = chooseFlavor(await this.session.flavors.get(signal), settings);
    if ('problem' in flavor) throw misconfigured(flavor.problem);
    const networkIds = await this.networkIds(settings, signal);
    return { flavorId: flavor.id, imageId: await this.imageId(spec, signal), networkIds };
  }

  private async networkIds({ networks }: OpenStackLabelSettings, signal: AbortSignal): Promise<readonly string[]> {
    const { config, access } = this.session;
    if (networks.length === 0 && !access.networks.some((network) => network.defaultInterface)) return [];
    const known = await this.session.networks.get(signal);
    if (networks.length === 0) return known.filter((network) => network.defaultInterface).map(({ id }) => id);
    return networks.map((wanted) => {
      const found = findNetwork(known, wanted);
      if (found) return found.id;
      throw misconfigured(`Unable to find network ${wanted} in provider ${config.name}`);
    });
  }

  private async imageId({ image }: InstanceSpec, signal: AbortSignal): Promise<string> {
    if (image.kind === 'none') return '';
    if (image.kind === 'diskimage') return image.externalId;
    if (image.byId) return image.idOrName;
    const found = findActiveImage(await this.session.images.get(signal), image.idOrName);
    if (found) return found.id;
    this.session.images.drop();
    throw new ProviderError('not-found', `Unable to find image ${image.idOrName}`, { metric: 'error.nodepool' });
  }

  private async find(spec: InstanceSpec, signal: AbortSignal): Promise<Server | undefined> {
    const snapshot = await this.session.servers.next(signal);
    return [...snapshot.values()].find((server) => isOfNode(server.metadata, spec.metadata) && !isGone(server));
  }

  /** The server that was made although nobody told us. */
  private async findLost(spec: InstanceSpec, signal: AbortSignal): Promise<Server | undefined> {
    const { clock, logger } = this.session.context;
    for (const pause of SEARCH_PAUSES) {
      await sleep(clock, pause, signal);
      try {
        const found = await this.find(spec, signal);
        if (found) {
          logger.info(`Server ${found.id} was made although its creation seemed to fail`, { node: spec.nodeId });
          return found;
        }
      } catch (error) {
        signal.throwIfAborted();
        logger.debug('A server whose creation got no answer cannot be looked for', { node: spec.nodeId, err: error });
      }
    }
    return undefined;
  }

  private remember(key: string): void {
    this.asked.add(key);
    const [oldest] = this.asked;
    if (this.asked.size > REMEMBERED && oldest !== undefined) this.asked.delete(oldest);
  }
}

function misconfigured(problem: string): ProviderError {
  return new ProviderError('configuration', problem, { metric: 'error.nodepool' });
}
