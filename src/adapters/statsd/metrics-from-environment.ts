import type { Logger } from '../../ports/telemetry/logger.js';
import type { Metrics } from '../../ports/telemetry/metrics.js';
import { NoMetrics } from './no-metrics.js';
import { StatsdMetrics } from './statsd-metrics.js';

const DEFAULT_HOST = 'localhost';
const DEFAULT_PORT = 8125;

export interface ClosableMetrics extends Metrics {
  /** Sends what is left. Never rejects. */
  close(): Promise<void>;
}

/**
 * Metrics as `STATSD_HOST` and `STATSD_PORT` say (spec BUILDER 5). Neither: none, and no socket. A port that is no port is logged
 * as a warning and switches metrics off, rather than sending them where nobody expects them.
 */
export function metricsFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): ClosableMetrics {
  const { STATSD_HOST: host, STATSD_PORT: port } = env;
  if (!host && !port) return new NoMetrics();
  const number = port ? Number(port) : DEFAULT_PORT;
  if (!Number.isInteger(number) || number < 1 || number > 65535) {
    logger.warn(`STATSD_PORT is not a port number: ${port}; no metrics will be sent`);
    return new NoMetrics();
  }
  const options = { host: host || DEFAULT_HOST, port: number };
  logger.debug(`Sending metrics to statsd at ${options.host}:${options.port}`);
  return new StatsdMetrics({
    ...options,
    unresolved: (code) =>
      logger.warn(`The statsd host ${options.host} cannot be resolved (${code}); metrics are lost until it can`),
  });
}
