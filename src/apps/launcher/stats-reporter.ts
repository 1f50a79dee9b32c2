import type { Node } from '../../domain/model/node.js';
import {
  heldCreates,
  cacheQueue,
  launcherConfigMistakes,
  maxServers,
  outOfService,
  storeQueue,
  tenantLimit,
  UNCLAIMED_REQUESTS,
} from '../../domain/metrics/launcher-metrics.js';
import { isUnclaimed } from '../../domain/decide/unclaimed-requests.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { whileElected } from '../../ports/toolkit/while-elected.js';
import type { CircuitBreakers } from './circuit-breaker.js';
import { addAddressable, nodeGauges } from './node-gauges.js';
import type { LauncherServices } from './services.js';
import { WaitingGauges } from './waiting-gauges.js';
import { ControlLoop } from '../../ports/toolkit/control-loop.js';

/** Node gauges are sent at most this often, seconds (spec LAUNCHER 5). */
const REPORT_EVERY = 1;
/** And sent again after so long, seconds, if nothing changes. */
const REPORT_AT_LEAST_EVERY = 60;

/** Gauges: of all nodes by the elected launcher, of this process's own limits by itself. */
export class StatsReporter {
  private readonly waiting: WaitingGauges;

  constructor(
    private readonly services: LauncherServices,
    private readonly breakers: CircuitBreakers,
  ) {
    this.waiting = new WaitingGauges(services);
  }

  /** Stands for election and reports node and request gauges while elected. */
  async runElected(signal: AbortSignal): Promise<void> {
    await whileElected(this.services.records.elections, 'stats', (leading) => this.lead(leading), signal);
  }

  /** Reports the configured limits of this process, and what it has not digested yet, until aborted. */
  async runLimits(signal: AbortSignal): Promise<void> {
    const { providers, clock, intervals } = this.services;
    await new ControlLoop(clock).run(
      {
        subscribe: () => [providers.onChange((name) => this.reportService(name))],
        pass: () => {
          this.reportLimits();
          this.reportQueues();
          this.waiting.report();
          return intervals.stats;
        },
      },
      signal,
    );
  }

  private async lead(leading: AbortSignal): Promise<void> {
    const { records, clock, intervals } = this.services;
    const { nodes: nodeRecords, requests, launchers } = records;
    await new ControlLoop(clock).run(
      {
        subscribe: (wake) => [nodeRecords, requests, launchers].map(({ view }) => view.onChange(wake)),
        pass: async (inner) => {
          this.reportNodes();
          await sleep(clock, Math.min(REPORT_EVERY, intervals.stats), inner);
          return REPORT_AT_LEAST_EVERY;
        },
      },
      leading,
    );
  }

  private reportNodes(): void {
    const { records, metrics } = this.services;
    const pools = records.launchers.view.pools();
    const gauges = nodeGauges(pools, records.nodes.view.all().values());
    addAddressable(gauges, pools, records.requests.view.all());
    gauges.set(UNCLAIMED_REQUESTS, this.unclaimed());
    for (const [name, value] of gauges) metrics.gauge(name, value);
  }

  private unclaimed(): number {
    const { records, clock } = this.services;
    const { view } = records.nodes;
    const nodeOf = (id: string): { readonly value: Node; readonly locked: boolean } | undefined => {
      const node = view.get(id);
      return node && { value: node.value, locked: view.locked(id) };
    };
    const now = clock.now();
    let unclaimed = 0;
    for (const { value } of records.requests.view.all().values()) {
      if (isUnclaimed(value, nodeOf, now)) unclaimed += 1;
    }
    return unclaimed;
  }

  private reportQueues(): void {
    const { records, metrics, host } = this.services;
    const { calls, nodes, requests, images } = records.queues();
    if (calls !== undefined) metrics.gauge(storeQueue(host.hostname), calls);
    for (const [cache, queues] of [
      ['node', nodes],
      ['request', requests],
      ['image', images],
    ] as const) {
      metrics.gauge(cacheQueue(host.hostname, cache, 'event'), queues.event);
      metrics.gauge(cacheQueue(host.hostname, cache, 'playback'), queues.playback);
    }
  }

  /** Says nothing of a provider whose first start is under way, or that is gone. */
  private reportService(name: string): void {
    const provider = this.services.providers.get(name);
    if (provider === undefined || ('problem' in provider && provider.starting === true)) return;
    this.services.metrics.gauge(outOfService(name), 'problem' in provider ? 1 : 0);
  }

  private reportLimits(): void {
    const { config, metrics, host } = this.services;
    metrics.gauge(launcherConfigMistakes(host.hostname), config.mistakes.length);
    for (const provider of config.current.providers.values()) {
      let sum = 0;
      for (const pool of provider.pools.values()) sum += Math.max(0, pool.maxServers);
      metrics.gauge(maxServers(provider.name), sum);
      this.reportService(provider.name);
      for (const [cause, circuits] of Object.entries(this.breakers.of(provider.name).held())) {
        metrics.gauge(heldCreates(provider.name, cause), circuits);
      }
    }
    for (const [tenant, limits] of config.current.tenantLimits) {
      for (const [resource, limit] of Object.entries(limits)) metrics.gauge(tenantLimit(tenant, resource), limit);
    }
  }
}
