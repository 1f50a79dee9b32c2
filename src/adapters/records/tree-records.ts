import type { LeaseManager } from '../../ports/coordination/lease.js';
import type { SessionMonitor } from '../../ports/coordination/session.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { Elections, MirrorName, RecordQueues, Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { HostIdentity } from '../../ports/runtime/host-identity.js';
import type { Random } from '../../ports/runtime/random.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { BoundedStore } from './bounded-store.js';
import { ReadPipeline } from './read-pipeline.js';
import { TreeBuilderRegistry } from './tree-builder-registry.js';
import { TreeElections } from './tree-elections.js';
import { TreeImageRecords } from './tree-image-records.js';
import { TreeInstallation } from './tree-installation.js';
import { TreeLeaseRecords } from './tree-lease-records.js';
import { TreeLauncherRegistry } from './tree-launcher-registry.js';
import { TreeNodeRecords } from './tree-node-records.js';
import { TreeRequestRecords } from './tree-request-records.js';
import { TreeTurns } from './tree-turns.js';
import type { WatchContext } from './watch-group.js';

/** Reads on their way at once, over all mirrors: enough to fill the connection, few enough to keep the server's queue short. */
const READS_IN_FLIGHT = 200;

const MIRRORS: readonly MirrorName[] = ['nodes', 'requests', 'images', 'launchers', 'builders', 'leases'];

export interface TreeRecordsOptions {
  readonly store: TreeStore;
  readonly leases: LeaseManager;
  readonly clock: Clock;
  readonly random: Random;
  readonly host: HostIdentity;
  readonly logger: Logger;
}

/** The records in their wire format on any coordination store (spec LAUNCHER 1). Neither owns nor closes the store. */
export class TreeRecords implements Records {
  readonly session: SessionMonitor;
  readonly nodes: TreeNodeRecords;
  readonly requests: TreeRequestRecords;
  readonly images: TreeImageRecords;
  readonly launchers: TreeLauncherRegistry;
  readonly builders: TreeBuilderRegistry;
  readonly leases: TreeLeaseRecords;
  readonly elections: Elections;
  readonly installation: TreeInstallation;
  readonly turns: TreeTurns;
  private readonly store: TreeStore;
  private readonly pipeline = new ReadPipeline(READS_IN_FLIGHT);

  constructor(options: TreeRecordsOptions) {
    const { leases, clock, random, host } = options;
    const store = new BoundedStore(options.store);
    const logger = options.logger.child('records');
    const context: WatchContext = { store, clock, logger, pipeline: this.pipeline };
    this.session = store.session;
    this.installation = new TreeInstallation({ store, clock, random, logger });
    this.store = store;
    this.nodes = new TreeNodeRecords(context, leases);
    this.requests = new TreeRequestRecords(context, leases, random);
    this.images = new TreeImageRecords(context, leases);
    this.launchers = new TreeLauncherRegistry(context);
    this.leases = new TreeLeaseRecords(context, leases);
    this.builders = new TreeBuilderRegistry(context);
    this.turns = new TreeTurns({
      store,
      leases,
      identifier: `${host.hostname}-${host.pid}`,
      catchUp: (signal) => this.nodes.view.catchUp(signal),
      onRegistryChange: (listener) => this.launchers.view.onChange(listener),
    });
    this.elections = new TreeElections({ session: store.session, leases, clock, random, host, logger });
  }

  async open(mirrors: readonly MirrorName[], signal?: AbortSignal): Promise<void> {
    const views = mirrors.map((name) => this[name].view);
    for (const view of views) view.open();
    await Promise.all(views.map((view) => view.ready(signal)));
  }

  queues(): RecordQueues {
    const { nodes, requests, images } = this;
    return {
      calls: this.store.pendingCalls,
      nodes: nodes.view.queues,
      requests: requests.view.queues,
      images: images.view.queues,
    };
  }

  async close(): Promise<void> {
    await this.turns.letGo();
    for (const name of MIRRORS) this[name].view.close();
    await this.pipeline.idle();
  }
}
