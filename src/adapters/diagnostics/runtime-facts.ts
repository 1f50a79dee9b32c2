import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { EventLoopUtilization, IntervalHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import v8 from 'node:v8';

/** Milliseconds between two samples of the event loop. */
const RESOLUTION = 10;
/** Seconds of samples for a dump that finds none. */
const SHORT_SAMPLE = 0.5;

/** What the runtime knows of this process, as lines of text. */
export class RuntimeFacts {
  private delays: IntervalHistogram | null = null;
  private before: EventLoopUtilization = performance.eventLoopUtilization();

  /** Begins to sample how late the event loop is, until `lines` with `last`. */
  watch(): void {
    if (this.delays) return;
    this.delays = monitorEventLoopDelay({ resolution: RESOLUTION });
    this.delays.enable();
  }

  async lines({ last }: { readonly last: boolean }): Promise<readonly string[]> {
    const fresh = this.delays === null;
    this.watch();
    if (fresh) await delay(SHORT_SAMPLE * 1000);
    const lines = [...processLines(), ...this.loopLines(), ...heapLines(), ...handleLines()];
    if (last) {
      this.delays?.disable();
      this.delays = null;
    }
    return lines;
  }

  private loopLines(): readonly string[] {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.before);
    this.before = now;
    const { delays } = this;
    if (!delays) return [];
    // The samples are the times between ticks.
    const late = (nanoseconds: number): string => `${Math.max(0, nanoseconds / 1e6 - RESOLUTION).toFixed(1)} ms`;
    return [
      `event loop: busy ${(utilization * 100).toFixed(1)} % since the last look`,
      `event loop: late by ${late(delays.mean)} on average, p99 ${late(delays.percentile(99))}, at most ${late(delays.max)}`,
    ];
  }
}

function processLines(): readonly string[] {
  const { user, system } = process.cpuUsage();
  const seconds = (microseconds: number): string => (microseconds / 1e6).toFixed(1);
  return [
    `process ${process.pid}, Node ${process.version}, up ${process.uptime().toFixed(0)} s`,
    `CPU: ${seconds(user)} s in user mode, ${seconds(system)} s in the system`,
  ];
}

function heapLines(): readonly string[] {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { heap_size_limit: limit } = v8.getHeapStatistics();
  const spaces = v8
    .getHeapSpaceStatistics()
    .filter(({ space_used_size: used }) => used > 0)
    .map(
      ({ space_name: name, space_used_size: used, space_size: size }) =>
        `heap ${name}: ${mebibytes(used)} of ${mebibytes(size)}`,
    );
  return [
    `memory: ${mebibytes(rss)} resident, heap ${mebibytes(heapUsed)} of ${mebibytes(heapTotal)} (limit ${mebibytes(limit)}), ` +
      `external ${mebibytes(external)}, of that buffers ${mebibytes(arrayBuffers)}`,
    ...spaces,
  ];
}

function handleLines(): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const words = [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([name, count]) => `${name} ${count}`);
  return [`open handles: ${words.join(', ') || 'none'}`];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
