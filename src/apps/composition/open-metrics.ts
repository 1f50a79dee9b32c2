import { PrometheusMetrics } from '../../adapters/prometheus/prometheus-metrics.js';
import { metricsFromEnvironment } from '../../adapters/statsd/metrics-from-environment.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import type { NodepoolConfig } from '../../domain/config/config.js';
import type { ConfigSource } from '../../ports/runtime/config-source.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { Metrics, MetricsPage } from '../../ports/telemetry/metrics.js';

export interface OpenMetrics {
  readonly metrics: Metrics;
  /** The same for Prometheus. */
  readonly page: MetricsPage;
  /** Sends what is left to statsd. Never rejects. */
  close(): Promise<void>;
}

/** Metrics go to statsd if the environment says so, and are always kept for Prometheus to come for them. */
export function openMetrics(
  environment: Readonly<Record<string, string | undefined>>,
  config: ConfigSource,
  logger: Logger,
): OpenMetrics {
  const statsd = metricsFromEnvironment(environment, logger);
  const collected = new PrometheusMetrics({ clock: new SystemClock(), dotted: () => dottedNames(config.current) });
  return {
    metrics: {
      count: (name, amount) => [statsd, collected].forEach((each) => each.count(name, amount)),
      gauge: (name, value) => [statsd, collected].forEach((each) => each.gauge(name, value)),
      timing: (name, seconds) => [statsd, collected].forEach((each) => each.timing(name, seconds)),
    },
    page: collected,
    close: () => statsd.close(),
  };
}

/** Names that are one part of a metric's name although there are dots in them. */
function dottedNames(config: NodepoolConfig): readonly string[] {
  const providers = [...config.providers.values()];
  const names = [
    ...providers.flatMap(({ name, pools, cloudImages }) => [name, ...pools.keys(), ...cloudImages.keys()]),
    ...config.diskImages.keys(),
    ...config.labels.keys(),
  ];
  return [...new Set(names)].filter((name) => name.includes('.'));
}
