import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { LiveView } from '../../../ports/administration/live.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { CancelTimer, Clock } from '../../../ports/runtime/clock.js';
import type { Logger } from '../../../ports/telemetry/logger.js';
import { LiveViewer, type LiveSectionText } from './live-viewer.js';

export interface LiveFeedOptions {
  /** Viewers at once; default 50. */
  readonly viewers?: number;
  /** Seconds between two updates at least; default 1. */
  readonly interval?: number;
  /** Seconds between two signs of life; default 10. */
  readonly heartbeat?: number;
}

/**
 * Server-sent events for the live page. While anybody looks, what has changed is made once for all viewers, at most once a second,
 * and only sections that differ are sent. Who comes back with the id of the last event gets what was missed.
 */
export class LiveFeed {
  private readonly viewers = new Set<LiveViewer>();
  private readonly sections = new Map<string, LiveSectionText>();
  /** Ids of another process mean nothing here. */
  private readonly epoch = randomBytes(6).toString('hex');
  private serial = 0;
  private lastMade = -Infinity;
  private cancelUpdate: CancelTimer | undefined;
  private cancelHeartbeat: CancelTimer | undefined;
  private unsubscribe: (() => void) | undefined;
  private readonly mostViewers: number;
  private readonly interval: number;
  private readonly heartbeat: number;

  constructor(
    private readonly view: LiveView,
    private readonly clock: Clock,
    private readonly logger: Logger,
    options: LiveFeedOptions = {},
  ) {
    this.mostViewers = options.viewers ?? 50;
    this.interval = options.interval ?? 1;
    this.heartbeat = options.heartbeat ?? 10;
  }

  get full(): boolean {
    return this.viewers.size >= this.mostViewers;
  }

  get size(): number {
    return this.viewers.size;
  }

  /** Sends events until the response is closed. @param lastId of the last event that the viewer has seen, or '' */
  join(response: ServerResponse, lastId: string): void {
    const [epoch, serial] = lastId.split('-');
    const seen = epoch === this.epoch && /^\d{1,15}$/.test(serial ?? '') ? Number(serial) : 0;
    const viewer = new LiveViewer(response, this.clock, seen);
    this.viewers.add(viewer);
    response.once('close', () => this.leave(viewer));
    if (this.viewers.size === 1) this.wake();
    if (this.clock.monotonic() - this.lastMade >= this.interval) this.make();
    this.sendTo(viewer);
    viewer.beat(this.clock.now());
  }

  /** Lets everybody go. */
  close(): void {
    for (const viewer of [...this.viewers]) {
      viewer.end();
      this.leave(viewer);
    }
  }

  private wake(): void {
    this.unsubscribe = this.view.onChange(() => this.changed());
    this.cancelHeartbeat = this.clock.schedule(this.heartbeat, () => this.beat());
  }

  private leave(viewer: LiveViewer): void {
    if (!this.viewers.delete(viewer) || this.viewers.size > 0) return;
    this.unsubscribe?.();
    this.cancelHeartbeat?.();
    this.cancelUpdate?.();
    this.cancelUpdate = undefined;
  }

  /** Never at once: a pass of the launcher changes many records in a row. */
  private changed(): void {
    this.cancelUpdate ??= this.clock.schedule(this.interval, () => {
      this.cancelUpdate = undefined;
      this.update();
    });
  }

  /** Reasons and history change without any record. */
  private beat(): void {
    this.cancelHeartbeat = this.clock.schedule(this.heartbeat, () => this.beat());
    this.update();
    for (const viewer of this.viewers) viewer.beat(this.clock.now());
  }

  private update(): void {
    this.make();
    for (const viewer of this.viewers) this.sendTo(viewer);
  }

  private make(): void {
    this.lastMade = this.clock.monotonic();
    try {
      const serial = this.serial + 1;
      for (const [name, value] of Object.entries(this.view.sections())) {
        const text = JSON.stringify(value);
        if (this.sections.get(name)?.text === text) continue;
        this.sections.set(name, { name, text, serial });
        this.serial = serial;
      }
    } catch (error: unknown) {
      this.logger.error('The live page could not be brought up to date', { err: asError(error) });
    }
  }

  private sendTo(viewer: LiveViewer): void {
    viewer.send([...this.sections.values()], this.serial, `${this.epoch}-${this.serial}`);
  }
}
