import { METRICS, type MetricDescription } from '../../../src/domain/metrics/catalogue.js';

const HEAD = `# Metrics

Made from the catalogue in \`src/domain/metrics\` by a test, which fails when the two differ; \`npx vitest run --project unit -u
test/unit/docs/metrics.test.ts\` writes it anew. Another test compares it with what a full cycle sends to a real statsd server.

**statsd**: sent when \`STATSD_HOST\` or \`STATSD_PORT\` is in the environment of the daemon (the other is \`localhost\` or 8125), as plain statsd
over UDP. Timers are in milliseconds. A host that does not resolve costs nothing but the metrics; it is tried again. Names of providers, pools,
labels and images go in as they are; dots and colons in names of requestors and tenants become underscores.

**Prometheus**: the launcher answers \`/metrics\` on its [web interface](../guide/web.md); the builder does if \`webapp.builder_port\` is set. Times are
in seconds. What is a timer and a counter in statsd is a histogram or summary here, whose \`_count\` is the counter. The variable parts of a name are
labels, but for the host name, which is Prometheus's \`instance\`. A metric has 5,000 combinations of labels at most (100 by requestor); what is beyond is
counted in \`nodepool_metrics_dropped_total\`. Gauges that nobody sends any more are gone after five minutes. Node gauges come from one elected
launcher: aggregate with \`max\` or \`sum\` over instances.

A [Grafana dashboard](../monitoring/grafana-dashboard.json) and [alert rules](../monitoring/alerts.yml) are there to begin with.
`;

const TITLES: Readonly<Record<MetricDescription['emitter'], string>> = {
  launcher: 'Launcher',
  builder: 'Builder',
  driver: 'Calls to clouds',
};

/** The reference of the metrics. */
export function metricsPage(): string {
  const parts = (['launcher', 'builder', 'driver'] as const).map((emitter) => {
    const rows = METRICS.filter((metric) => metric.emitter === emitter).map(row);
    return `## ${TITLES[emitter]}\n\n| statsd | kind | Prometheus | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return [HEAD, ...parts].join('\n');
}

function row({ name, kinds, unit, meaning, series }: MetricDescription): string {
  const kind = unit === undefined ? kinds.join(', ') : `${kinds.join(', ')} (${unit})`;
  return `| \`${name}\` | ${kind} | ${series ? `\`${series.name}\` ${series.type}` : ''} | ${meaning} |`;
}
