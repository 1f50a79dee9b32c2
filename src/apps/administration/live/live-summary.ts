import type { ConfigProblem } from '../../../domain/config/config-problem.js';
import type { NodepoolConfig } from '../../../domain/config/config.js';
import type { LiveDaemons, LiveSections } from '../../../domain/presentation/live.js';
import type { LiveView } from '../../../ports/administration/live.js';
import type { Records } from '../../../ports/records/records.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import type { DecisionJournal } from '../../../ports/telemetry/journal.js';
import { liveConfiguration } from './live-configuration.js';
import { liveImages } from './live-images.js';
import { liveLeases } from './live-leases.js';
import { LIVE_STATES, liveNodes } from './live-nodes.js';
import { liveLabels, liveLaunchers, livePools } from './live-pools.js';
import { liveRequests } from './live-requests.js';
import { NodeHistory } from './node-history.js';

export interface LiveSummaryContext {
  /** All mirrors should be open; those that are not count as empty. */
  readonly records: Records;
  readonly config: () => NodepoolConfig;
  /** For which a changed configuration is not in force. */
  readonly mistakes: () => readonly ConfigProblem[];
  /** The decisions of this process. */
  readonly journal: Pick<DecisionJournal, 'entries'>;
  readonly clock: Clock;
}

/** Adds up the mirrors for the live page. */
export class LiveSummary implements LiveView {
  private readonly history: NodeHistory;

  constructor(private readonly context: LiveSummaryContext) {
    this.history = new NodeHistory(context.records.nodes.view, context.clock);
  }

  start(): void {
    this.history.start();
  }

  stop(): void {
    this.history.stop();
  }

  sections(): LiveSections {
    const { records, journal, clock } = this.context;
    const config = this.context.config();
    const nodes = [...records.nodes.view.all().values()];
    const requests = [...records.requests.view.all().values()];
    const registered = records.launchers.view.pools();
    const offered = new Set(registered.flatMap(({ supportedLabels }) => supportedLabels));
    return {
      configuration: liveConfiguration(this.context.mistakes()),
      daemons: this.daemons(),
      pools: livePools(nodes, registered, config),
      nodes: liveNodes(nodes, (id) => records.requests.view.get(id)?.value),
      history: { states: LIVE_STATES, rows: this.history.rows },
      labels: liveLabels(nodes, requests, registered, config),
      requests: liveRequests(requests, journal, offered, clock.now()),
      images: liveImages(records, config),
      leases: liveLeases([...records.leases.view.all().values()]),
    };
  }

  onChange(listener: () => void): () => void {
    const { nodes, requests, images, launchers, builders, leases, session } = this.context.records;
    const undo = [nodes, requests, images, launchers, builders, leases].map(({ view }) =>
      view.onChange(() => listener()),
    );
    undo.push(session.onChange(() => listener()));
    return () => undo.forEach((each) => each());
  }

  private daemons(): LiveDaemons {
    const { records } = this.context;
    const { nodes, requests, images, launchers, builders } = records;
    return {
      current: isCurrent(records),
      launchers: liveLaunchers(launchers.view.pools()),
      builders: builders.view.daemons().map((daemon) => ({ ...daemon, pools: [] })),
      damaged: [nodes, requests, images].reduce((sum, { view }) => sum + view.damaged().length, 0),
    };
  }
}

/** Do the mirrors show what is in the store, or what was there before the connection went away? */
export function isCurrent({ session, nodes, requests, images, launchers }: Records): boolean {
  const views = [nodes, requests, images, launchers].map(({ view }) => view);
  return session.state === 'connected' && views.every(({ complete }) => complete);
}
