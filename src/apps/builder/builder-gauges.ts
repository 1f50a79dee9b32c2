import type { DiskImageConfig } from '../../domain/config/config.js';
import {
  BUILD_REQUESTS,
  builderConfigMistakes,
  buildState,
  builderLoad,
  imageBuildRequests,
  uploadState,
  WORK_STATE,
} from '../../domain/metrics/builder-metrics.js';
import type { BuilderContext, BuilderWorkers } from './services.js';
import { storeUsable } from './services.js';

/** What the builder is at, as gauges. A value is sent when it changes and with every `report(true)`. */
export class BuilderGauges {
  private readonly sent = new Map<string, number>();

  constructor(
    private readonly context: BuilderContext,
    private readonly workers: BuilderWorkers,
  ) {}

  report(all: boolean): void {
    if (all) this.sent.clear();
    const { host, work } = this.context;
    const { hostname } = host;
    this.send(builderLoad(hostname, 'current_builds'), work.building.length);
    this.send(builderLoad(hostname, 'current_uploads'), work.uploading.length);
    this.send(builderLoad(hostname, 'build_workers'), this.workers.build);
    this.send(builderLoad(hostname, 'upload_workers'), this.workers.upload);
    this.reportConfiguration();
    if (storeUsable(this.context)) this.images(hostname);
  }

  reportConfiguration(): void {
    const { config, host } = this.context;
    this.send(builderConfigMistakes(host.hostname), config.mistakes.length);
  }

  private images(hostname: string): void {
    const { config, records } = this.context;
    let orders = 0;
    for (const image of config.current.diskImages.values()) {
      const ordered = records.images.view.buildRequested(image.name) === undefined ? 0 : 1;
      orders += ordered;
      this.send(imageBuildRequests(image.name), ordered);
      this.send(buildState(hostname, image.name), this.stateOf(image));
      this.uploads(hostname, image);
    }
    this.send(BUILD_REQUESTS, orders);
  }

  private stateOf(image: DiskImageConfig): number {
    const { records, work } = this.context;
    if (work.building.some((build) => build.image === image.name)) return WORK_STATE.building;
    return image.pause || records.images.view.paused(image.name) ? WORK_STATE.paused : WORK_STATE.idle;
  }

  private uploads(hostname: string, image: DiskImageConfig): void {
    const { config, work } = this.context;
    for (const provider of config.current.providers.values()) {
      const inProvider = provider.managesImages ? provider.diskImages.get(image.name) : undefined;
      if (!inProvider) continue;
      const busy = work.uploading.some((upload) => upload.image === image.name && upload.provider === provider.name);
      const state = busy ? WORK_STATE.uploading : inProvider.pause ? WORK_STATE.paused : WORK_STATE.idle;
      this.send(uploadState(hostname, image.name, provider.name), state);
    }
  }

  private send(name: string, value: number): void {
    if (this.sent.get(name) === value) return;
    this.sent.set(name, value);
    this.context.metrics.gauge(name, value);
  }
}
