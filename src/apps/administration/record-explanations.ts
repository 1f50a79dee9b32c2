import type { NodepoolConfig } from '../../domain/config/config.js';
import { readChange } from '../../domain/decide/what-if.js';
import { explainReason } from '../../domain/explain/explained-reason.js';
import type {
  Explanation,
  HoldFacts,
  ImageFacts,
  NodeFacts,
  Opinion,
  SubjectKind,
  SubjectState,
} from '../../domain/explain/explanation.js';
import { uploadVerdicts } from '../../domain/explain/upload-verdicts.js';
import type { NodeLease } from '../../domain/model/lease.js';
import { longestHold } from '../../domain/decide/node-cleanup.js';
import type { Node } from '../../domain/model/node.js';
import { UnknownChangeError } from '../../ports/administration/explanations.js';
import type { Explanations } from '../../ports/administration/explanations.js';
import type { LauncherInsights } from '../../ports/administration/launcher-insights.js';
import type { Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { DecisionJournal } from '../../ports/telemetry/journal.js';
import { DemandFacts } from './demand-facts.js';
import { HoldingFactsSource } from './holding-facts.js';
import { InsightSource } from './insight-source.js';
import type { GivenChange } from './insight-source.js';

export interface ExplanationContext {
  /** What is asked about needs all four mirrors; those that are not open count as empty. */
  readonly records: Records;
  readonly config: () => NodepoolConfig;
  /** The decisions of this process. */
  readonly journal: Pick<DecisionJournal, 'entries'>;
  readonly clock: Clock;
  /** What this process knows besides, if it is a launcher. */
  readonly insights?: LauncherInsights;
}

/** Explains from the mirrors of the records and the journal of this process. */
export class RecordExplanations implements Explanations {
  private readonly demand: DemandFacts;
  private readonly holdings: HoldingFactsSource;
  private readonly insights: InsightSource | null;

  constructor(private readonly context: ExplanationContext) {
    const { records, config, insights } = context;
    this.demand = new DemandFacts(records, config);
    this.holdings = new HoldingFactsSource(records, config);
    this.insights = insights === undefined ? null : new InsightSource({ ...context, insights });
  }

  explain(kind: SubjectKind, id: string, changes: readonly string[] = []): Explanation | undefined {
    const given = changes.map(givenChange);
    const state = this.state(kind, id) ?? null;
    const opinions = this.opinions(kind, id);
    if (!state && opinions.length === 0) return undefined;
    const insight = this.insights?.insight(kind, id, given);
    return { subject: { kind, id }, state, opinions, ...(insight ? { insight } : {}) };
  }

  private opinions(kind: SubjectKind, id: string): readonly Opinion[] {
    if (kind === 'pool' || kind === 'provider' || kind === 'fleet') return [];
    const { journal, clock } = this.context;
    const now = clock.now();
    return journal.entries(kind, id).map(({ subject, decision, since }) => ({
      decider: subject.decider,
      verdict: decision.verdict,
      since,
      reasons: decision.because.map((reason) => explainReason(reason, now)),
    }));
  }

  private state(kind: SubjectKind, id: string): SubjectState | undefined {
    switch (kind) {
      case 'request':
        return this.demand.request(id);
      case 'label':
        return this.demand.label(id);
      case 'node':
        return this.node(id);
      case 'image':
        return this.image(id);
      case 'pool':
        return this.holdings.pool(id);
      case 'provider':
        return this.holdings.provider(id);
      case 'fleet':
        return this.holdings.fleet();
    }
  }

  private node(id: string): NodeFacts | undefined {
    const { nodes, requests, launchers } = this.context.records;
    const node = nodes.view.get(id)?.value;
    if (!node) return undefined;
    const request = node.allocatedTo === null ? undefined : requests.view.get(node.allocatedTo);
    return {
      kind: 'node',
      state: node.state,
      stateTime: node.stateTime,
      locked: nodes.view.locked(id),
      labels: node.type,
      provider: node.provider,
      pool: node.pool,
      launcher: node.launcher,
      launcherAlive: launchers.view.pools().some((pool) => pool.id === node.launcher),
      allocatedTo: node.allocatedTo,
      requestState: request?.value.state ?? null,
      hold: node.state === 'hold' ? holdFacts(node, this.context.config()) : null,
      comment: node.comment,
    };
  }

  private image(name: string): ImageFacts | undefined {
    const { view } = this.context.records.images;
    const configured = this.context.config().diskImages.has(name);
    if (!configured && !view.images().includes(name)) return undefined;
    return {
      kind: 'image',
      configured,
      paused: view.paused(name),
      buildRequested: view.buildRequested(name) ?? null,
      builds: view.builds(name).map(({ build, value }) => ({
        build,
        state: value.state,
        stateTime: value.stateTime,
        builder: value.builder,
        formats: value.formats,
      })),
      problems: this.context.records.builders.view
        .problems()
        .filter(({ image }) => image === name)
        .map(({ image: _image, ...problem }) => problem),
      uploads: view.uploads({ image: name }).map(({ provider, build, upload, value }) => ({
        provider,
        build,
        upload,
        state: value.state,
        stateTime: value.stateTime,
        fared: uploadVerdicts(this.leases(), { image: name, provider, build, upload }),
      })),
    };
  }

  private *leases(): Iterable<NodeLease> {
    for (const { value } of this.context.records.leases.view.all().values()) yield value;
  }
}

function givenChange(text: string): GivenChange {
  const read = readChange(text);
  if ('problem' in read) throw new UnknownChangeError(read.problem);
  return { text, change: read.change };
}

function holdFacts(node: Node, config: NodepoolConfig): HoldFacts {
  const until = node.stateTime + longestHold(node, config);
  return { job: node.holdJob, until: Number.isFinite(until) ? until : null };
}
