import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { PrometheusMetrics } from '../../../src/adapters/prometheus/prometheus-metrics.js';
import { imageSize, lastBuild } from '../../../src/domain/metrics/builder-metrics.js';
import { METRICS } from '../../../src/domain/metrics/catalogue.js';
import * as launcher from '../../../src/domain/metrics/launcher-metrics.js';
import { task } from '../../../src/domain/metrics/task-metrics.js';

function collector(
  dotted: readonly string[] = [],
  mostSeries?: number,
): PrometheusMetrics & { readonly clock: VirtualClock } {
  const clock = new VirtualClock(1000);
  const metrics = new PrometheusMetrics({ clock, dotted: () => dotted, ...(mostSeries ? { mostSeries } : {}) });
  return Object.assign(metrics, { clock });
}

describe('metrics for Prometheus', () => {
  it('have the parts of the dotted names as labels, and seconds', async () => {
    const metrics = collector();
    for (const name of launcher.launchNames({
      result: 'error.quota',
      provider: 'p1',
      az: 'az1',
      image: 'deb',
      requestor: 'zuul',
    })) {
      metrics.count(name);
      metrics.timing(name, 12.5);
    }
    metrics.gauge(launcher.labelNodes('small', 'in-use'), 3);
    metrics.count(launcher.leakedInstances('p1'), 2);
    metrics.timing(task('p1', 'compute.GET.servers'), 0.3);
    const text = await metrics.read();
    expect(text).toContain('nodepool_launch_duration_seconds_count{result="error.quota"} 1');
    expect(text).toContain('nodepool_launch_duration_seconds_bucket{le="10",result="error.quota"} 0');
    expect(text).toContain('nodepool_launch_duration_seconds_bucket{le="20",result="error.quota"} 1');
    expect(text).toContain(
      'nodepool_zone_launch_duration_seconds_sum{provider="p1",az="az1",result="error.quota"} 12.5',
    );
    expect(text).toContain('nodepool_requestor_launch_duration_seconds_count{requestor="zuul",result="error.quota"} 1');
    expect(text).toContain('nodepool_label_nodes{label="small",state="in-use"} 3');
    expect(text).toContain('nodepool_provider_leaked_total{provider="p1",kind="instances"} 2');
    expect(text).toContain('nodepool_cloud_call_duration_seconds_count{provider="p1",task="ComputeGetServers"} 1');
  });

  it('know which dots belong to a name', async () => {
    const metrics = collector(['debian.12', 'cloud.example.org']);
    metrics.gauge(imageSize('debian.12', 'qcow2'), 5);
    metrics.timing(launcher.launchByProvider('cloud.example.org', 'ready'), 1);
    metrics.timing(launcher.launchByZone('cloud.example.org', 'az1', 'ready'), 1);
    const text = await metrics.read();
    expect(text).toContain('nodepool_image_build_size_bytes{image="debian.12",format="qcow2"} 5');
    expect(text).toContain(
      'nodepool_provider_launch_duration_seconds_count{provider="cloud.example.org",result="ready"} 1',
    );
    expect(text).toContain(
      'nodepool_zone_launch_duration_seconds_count{provider="cloud.example.org",az="az1",result="ready"} 1',
    );
  });

  it('forget gauges that are not sent any more, but not what happened once', async () => {
    const metrics = collector();
    metrics.gauge(launcher.providerNodes('gone', 'ready'), 3);
    metrics.gauge(launcher.providerNodes('there', 'ready'), 3);
    metrics.gauge(lastBuild('deb'), 77);
    await metrics.clock.advance(200);
    metrics.gauge(launcher.providerNodes('there', 'ready'), 4);
    await metrics.clock.advance(200);
    const text = await metrics.read();
    expect(text).not.toContain('provider="gone"');
    expect(text).toContain('nodepool_provider_nodes{provider="there",state="ready"} 4');
    expect(text).toContain('nodepool_image_build_last_timestamp_seconds{image="deb"} 77');
  });

  it('stay bounded whatever names come in, and say what was left out', async () => {
    const metrics = collector([], 10);
    for (let index = 0; index < 200; index += 1) {
      metrics.timing(launcher.launchByRequestor(`r${index}`, 'ready'), 1);
      metrics.gauge(launcher.labelNodes(`l${index}`, 'ready'), 1);
    }
    const text = await metrics.read();
    expect(text.match(/^nodepool_requestor_launch_duration_seconds_count/gm)).toHaveLength(100);
    expect(text.match(/^nodepool_label_nodes\{/gm)).toHaveLength(10);
    expect(text).toContain('nodepool_metrics_dropped_total 290');
  });

  it('have names, types and units as Prometheus wants them', () => {
    const names = METRICS.flatMap(({ series }) => series ?? []);
    expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
    for (const { name, type } of names) {
      expect(name).toMatch(/^nodepool_[a-z_]+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      if (type === 'histogram' || type === 'summary') expect(name).toMatch(/_seconds$/);
    }
  });
});
