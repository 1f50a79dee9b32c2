import type { DiskImageConfig } from '../../domain/config/config.js';
import {
  buildDuration,
  buildReturnCode,
  buildStatusDuration,
  buildStatusReturnCode,
  imageSize,
  lastBuild,
} from '../../domain/metrics/builder-metrics.js';
import type { BuildResult } from '../../ports/image-building/image-builder.js';
import type { LocalImageFile } from '../../ports/image-building/local-images.js';
import type { Metrics } from '../../ports/telemetry/metrics.js';

export interface BuildFacts {
  /** The image files of a successful build. */
  readonly files: readonly LocalImageFile[];
  /** Seconds. */
  readonly duration: number;
  readonly now: number;
}

/** Both families: per format as the manual has it, `status` as dashboards since 3.6 read it (spec BUILDER 5.1). */
export function reportBuild(metrics: Metrics, image: DiskImageConfig, result: BuildResult, facts: BuildFacts): void {
  if (result.exitCode === null) return;
  const { name, formats } = image;
  for (const format of formats) {
    metrics.gauge(buildReturnCode(name, format), result.exitCode);
    metrics.timing(buildDuration(name, format), facts.duration);
  }
  metrics.gauge(buildStatusReturnCode(name), result.exitCode);
  metrics.timing(buildStatusDuration(name), facts.duration);
  metrics.gauge(lastBuild(name), Math.floor(facts.now));
  for (const file of facts.files) {
    if (formats.includes(file.format)) metrics.gauge(imageSize(name, file.format), file.allocatedBytes);
  }
}
