import type { NodepoolConfig } from '../../domain/config/config.js';
import type { Commands } from '../../ports/administration/commands.js';
import type { Inquiries } from '../../ports/administration/explanations.js';
import type { LauncherOpinions } from '../../ports/administration/launcher-opinions.js';
import type { AlienImages, Queries } from '../../ports/administration/queries.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { AlienImageSearch } from './alien-image-search.js';
import { DataOrders } from './data-orders.js';
import { ImageOrders } from './image-orders.js';
import { LauncherInquiries } from './launcher-inquiries.js';
import { NodeOrders } from './node-orders.js';
import type { ProviderAccess } from './provider-access.js';
import { RecordExplanations } from './record-explanations.js';
import { RecordQueries } from './record-queries.js';
import { RequestOrders } from './request-orders.js';

export interface AdministrationContext {
  /** With the mirrors open that the questions need; `eraseNodes` needs `nodes`, `aliens` needs `images`. */
  readonly records: Records;
  /** The store below `records`. */
  readonly store: TreeStore;
  /** The configuration in force. */
  readonly config: () => NodepoolConfig;
  readonly provider: ProviderAccess;
  /** How other launchers are asked; `inquiries` need all mirrors. */
  readonly opinions: LauncherOpinions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Everything behind the driving ports. */
export class Administration {
  readonly queries: Queries;
  readonly aliens: AlienImages;
  readonly commands: Commands;
  readonly inquiries: Inquiries;

  constructor({ records, store, config, provider, opinions, clock, logger }: AdministrationContext) {
    this.queries = new RecordQueries(records);
    this.aliens = new AlienImageSearch(records, config, provider, logger);
    // This process decides nothing itself.
    const explanations = new RecordExplanations({ records, config, clock, journal: { entries: () => [] } });
    this.inquiries = new LauncherInquiries(explanations, records.launchers, opinions, config);
    this.commands = {
      nodes: new NodeOrders(records.nodes, config, provider, clock, logger),
      requests: new RequestOrders(records.requests),
      images: new ImageOrders(records.images, config),
      data: new DataOrders(records, store, clock),
    };
  }
}
