import { launchNames } from '../../domain/metrics/launcher-metrics.js';
import type { Node } from '../../domain/model/node.js';
import type { InstanceSpec } from '../../ports/compute/provider.js';
import type { Metrics } from '../../ports/telemetry/metrics.js';

/** Counts and times launch attempts, by result, provider, zone, image and requestor (spec LAUNCHER 5). */
export class LaunchMetrics {
  constructor(
    private readonly metrics: Metrics,
    private readonly spec: InstanceSpec,
    private readonly node: Node,
  ) {}

  report(result: string, seconds: number): void {
    const { label, pool, az } = this.spec;
    const image = 'name' in label.image ? label.image.name : null;
    for (const name of launchNames({ result, provider: pool.provider, az, image, requestor: this.node.requestor })) {
      this.metrics.count(name);
      this.metrics.timing(name, seconds);
    }
  }
}
