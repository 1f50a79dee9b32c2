import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { METRICS, type MetricDescription, type MetricSeries } from '../../domain/metrics/catalogue.js';
import { locateMetric, type LocatedMetric } from '../../domain/metrics/locate-metric.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Metrics, MetricsPage } from '../../ports/telemetry/metrics.js';

export interface PrometheusOptions {
  readonly clock: Clock;
  /** Names with dots in them that are parts of metrics' names: of providers, images, labels and pools. */
  readonly dotted?: () => Iterable<string>;
  /** Combinations of labels of one metric at most; default 5,000. */
  readonly mostSeries?: number;
}

/** What others may name as they like must not fill a collector: a requestor is a name in a client's record. */
const MOST_REQUESTORS = 100;
/** Seconds after which a gauge that should have been sent again is forgotten. */
const SILENCE = 300;
/** Names whose meaning is remembered. */
const MOST_NAMES = 50_000;

type Labels = Record<string, string>;

interface Family {
  readonly series: MetricSeries;
  readonly labelNames: readonly string[];
  readonly collector: Counter | Gauge | Histogram | Summary;
  /** Label values and the moment they were last sent, by their text. */
  readonly known: Map<string, { readonly labels: Labels; sent: number }>;
}

/** Collects the metrics of the catalogue for Prometheus. Names that the catalogue does not know are overlooked. */
export class PrometheusMetrics implements Metrics, MetricsPage {
  private readonly registry = new Registry();
  private readonly families = new Map<MetricDescription, Family>();
  private readonly located = new Map<string, LocatedMetric | undefined>();
  private readonly dropped: Counter;

  constructor(private readonly options: PrometheusOptions) {
    for (const metric of METRICS) if (metric.series) this.families.set(metric, this.family(metric, metric.series));
    this.dropped = new Counter({
      name: 'nodepool_metrics_dropped_total',
      help: 'Measurements left out because a metric has too many combinations of labels already.',
      registers: [this.registry],
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  async read(): Promise<string> {
    this.forgetTheSilent();
    return this.registry.metrics();
  }

  count(name: string, amount = 1): void {
    if (!Number.isFinite(amount) || amount < 0) return;
    // A timer counts by itself.
    this.with(name, ({ collector }, labels) => collector instanceof Counter && collector.inc(labels, amount));
  }

  gauge(name: string, value: number): void {
    if (!Number.isFinite(value)) return;
    this.with(name, ({ collector }, labels) => collector instanceof Gauge && collector.set(labels, value));
  }

  timing(name: string, seconds: number): void {
    if (!Number.isFinite(seconds)) return;
    this.with(name, ({ collector }, labels) => {
      if (collector instanceof Histogram || collector instanceof Summary) collector.observe(labels, seconds);
    });
  }

  private with(name: string, record: (family: Family, labels: Labels) => void): void {
    const located = this.locate(name);
    const family = located && this.families.get(located.metric);
    if (!family) return;
    const labels = this.admit(family, located.labels);
    if (labels) record(family, labels);
    else this.dropped.inc();
  }

  /** The labels to record under, or undefined if there are too many already. */
  private admit(family: Family, values: Readonly<Record<string, string>>): Labels | undefined {
    const wanted = family.labelNames.map((label) => values[label] ?? '');
    const key = wanted.join('\n');
    const sent = this.options.clock.monotonic();
    const known = family.known.get(key);
    if (known) {
      known.sent = sent;
      return known.labels;
    }
    const most = family.labelNames.includes('requestor') ? MOST_REQUESTORS : (this.options.mostSeries ?? 5000);
    if (family.known.size >= most) return undefined;
    const labels = Object.fromEntries(family.labelNames.map((label, index) => [label, wanted[index] ?? '']));
    family.known.set(key, { labels, sent });
    return labels;
  }

  private locate(name: string): LocatedMetric | undefined {
    if (this.located.has(name)) return this.located.get(name);
    if (this.located.size >= MOST_NAMES) this.located.clear();
    const located = locateMetric(name, this.options.dotted?.() ?? []);
    this.located.set(name, located);
    return located;
  }

  private forgetTheSilent(): void {
    const before = this.options.clock.monotonic() - SILENCE;
    for (const { series, collector, known } of this.families.values()) {
      if (!series.renewed) continue;
      for (const [key, { labels, sent }] of known) {
        if (sent >= before) continue;
        known.delete(key);
        collector.remove(labels);
      }
    }
  }

  private family({ name, meaning }: MetricDescription, series: MetricSeries): Family {
    const placeholders = [...name.matchAll(/<([^>]+)>/g)].map(([, label]) => label ?? '');
    const labelNames = placeholders.filter((label) => label !== 'hostname');
    const common = { name: series.name, help: meaning, labelNames, registers: [this.registry] };
    return { series, labelNames, collector: makeCollector(series, common), known: new Map() };
  }
}

interface Common {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}

function makeCollector(series: MetricSeries, common: Common): Family['collector'] {
  switch (series.type) {
    case 'counter':
      return new Counter(common);
    case 'gauge':
      return new Gauge(common);
    case 'histogram':
      return new Histogram({ ...common, buckets: [...(series.buckets ?? [])] });
    case 'summary':
      return new Summary({ ...common, percentiles: [] });
  }
}
