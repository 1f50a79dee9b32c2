import type { ProviderConfig } from '../../domain/config/config.js';
import type { CloudAccess } from './clouds/cloud-access.js';
import type { DriverContext } from '../../ports/compute/driver.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { Cached } from './cached.js';
import type { OpenStackClient } from './client/openstack-client.js';
import type { Flavor } from './flavors.js';
import { listFlavors } from './flavors.js';
import type { GlanceImage } from './glance-images.js';
import { listImages } from './glance-images.js';
import type { Network } from './networks.js';
import { listNetworks } from './networks.js';
import { ServerList } from './server-list.js';
import { listServers } from './servers.js';
import { listZones } from './zones.js';

/** Seconds for which what changes rarely is believed; a label that is not ready is looked at again then (spec BUILDER 6.3). */
const KEEP = 300;
const KEEP_NETWORKS = 3600;
/** Between two checks of servers that somebody waits for, unless the cloud's entry says more (spec BUILDER 6.1, 6.5). */
const CHECK_INTERVAL = 2;

/** One provider's way into its cloud: the client, and what is known about the cloud, shared by everything the provider does. */
export class CloudSession {
  readonly tasks: Supervisor;
  readonly flavors: Cached<readonly Flavor[]>;
  readonly networks: Cached<readonly Network[]>;
  readonly images: Cached<readonly GlanceImage[]>;
  readonly zones: Cached<readonly string[]>;
  readonly servers: ServerList;

  constructor(
    readonly config: ProviderConfig,
    readonly access: CloudAccess,
    readonly client: OpenStackClient,
    readonly context: DriverContext,
  ) {
    const { clock, logger } = context;
    this.tasks = new Supervisor((what, error) => logger.warn(`${what} failed`, errorFields(error)));
    const cached = <T>(what: string, keep: number, fetch: (signal: AbortSignal) => Promise<T>): Cached<T> =>
      new Cached({ what: `${what} of ${config.name}`, clock, tasks: this.tasks, keep, fetch });
    this.flavors = cached('flavors', KEEP, (signal) => listFlavors(client, signal));
    this.networks = cached('networks', KEEP_NETWORKS, (signal) => this.askForNetworks(signal));
    this.images = cached('images', KEEP, (signal) => listImages(client, {}, signal));
    this.zones = cached('zones', KEEP_NETWORKS, (signal) => listZones(client, signal));
    this.servers = new ServerList({
      clock,
      logger,
      tasks: this.tasks,
      interval: Math.max(CHECK_INTERVAL, access.cacheExpiration.server),
      fetch: (signal) => listServers(client, signal),
    });
  }

  /** Our picture of the cloud has proved wrong: everything is asked for again before it is used (spec BUILDER 6.13). */
  dropCaches(): void {
    for (const cache of [this.flavors, this.networks, this.images, this.zones]) cache.drop();
  }

  async close(): Promise<void> {
    await Promise.all([this.tasks.stop(), this.client.close()]);
  }

  private async askForNetworks(signal: AbortSignal): Promise<readonly Network[]> {
    if (!(await this.client.offers('network', signal))) return [];
    return listNetworks(this.client, this.access.networks, signal);
  }
}
