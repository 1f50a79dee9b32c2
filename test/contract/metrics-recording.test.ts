import { describe, expect, it } from 'vitest';
import { RecordingMetrics } from '../../src/adapters/memory-metrics/recording-metrics.js';
import { VirtualClock } from '../../src/adapters/memory/virtual-clock.js';
import { PrometheusMetrics } from '../../src/adapters/prometheus/prometheus-metrics.js';
import { NoMetrics } from '../../src/adapters/statsd/no-metrics.js';
import { describeMetricsContract } from './metrics.suite.js';

describeMetricsContract('recording', () => new RecordingMetrics());
describeMetricsContract('Prometheus', () => new PrometheusMetrics({ clock: new VirtualClock(0) }));
describeMetricsContract('none', () => new NoMetrics());

describe('recorded metrics', () => {
  it('are sums, last values and lists', () => {
    const metrics = new RecordingMetrics();
    metrics.count('c');
    metrics.count('c', 2);
    metrics.gauge('g', 1);
    metrics.gauge('g', -3);
    metrics.gauge('g', Infinity);
    metrics.timing('t', 0.5);
    metrics.timing('t', 1);
    metrics.timing('t', NaN);
    expect([...metrics.counters]).toEqual([['c', 3]]);
    expect([...metrics.gauges]).toEqual([['g', -3]]);
    expect([...metrics.timings]).toEqual([['t', [0.5, 1]]]);
    metrics.clear();
    expect(metrics.counters.size + metrics.gauges.size + metrics.timings.size).toBe(0);
  });
});
