import type { LeaseView } from '../../domain/lease-client/lease-view.js';
import type { ForegroundPrograms, StopSignals } from '../../ports/lease-client/foreground-programs.js';
import type { LeaseDesk, LeaseFileSet, LeaseNews, RunOrder, TakeOrder } from '../../ports/lease-client/lease-desk.js';
import { LeaseFailure } from '../../ports/lease-client/lease-desk.js';
import type { LeaseService } from '../../ports/lease-client/lease-service.js';
import type { PrivateFolders } from '../../ports/lease-client/private-folders.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';
import { giveBack } from './give-back.js';
import { writeLeaseFiles } from './lease-file-set.js';
import { runOnLease } from './run-on-lease.js';
import { StopRequest } from './stop-request.js';
import { takeLease } from './take-lease.js';

export interface LeasingServices {
  readonly service: LeaseService;
  readonly clock: Clock;
  readonly random: Random;
  readonly programs: ForegroundPrograms;
  readonly folders: PrivateFolders;
  readonly stops: StopSignals;
  /** The name of the folder we are in, without those above it. */
  readonly folderName: string;
  readonly close: () => Promise<void>;
}

/** The use cases behind `nodepool lease` and `nodepool run`. */
export class LeaseClerk implements LeaseDesk {
  readonly service: LeaseService;

  constructor(private readonly services: LeasingServices) {
    this.service = services.service;
  }

  async take(order: TakeOrder, news: LeaseNews): Promise<LeaseView> {
    const stop = new StopRequest(this.services.stops);
    try {
      return await this.taken(this.services.random.uuid(), order, news, stop);
    } finally {
      stop.dispose();
    }
  }

  async run(order: RunOrder, news: LeaseNews): Promise<number> {
    const stop = new StopRequest(this.services.stops);
    try {
      const lease = await this.taken(this.services.random.uuid(), { ...order, detach: false }, news, stop);
      return await runOnLease(lease, order, { ...this.services, news, stop });
    } finally {
      stop.dispose();
    }
  }

  files(lease: LeaseView): LeaseFileSet {
    return writeLeaseFiles(this.services.folders.lasting(folderOf(lease.id)), lease, null);
  }

  forget(id: string): void {
    this.services.folders.forget(folderOf(id));
  }

  close(): Promise<void> {
    return this.services.close();
  }

  /** What has not become a lease with machines is not left behind, as far as the gateway can be told. */
  private async taken(id: string, order: TakeOrder, news: LeaseNews, stop: StopRequest): Promise<LeaseView> {
    const { service, clock } = this.services;
    try {
      return await takeLease(id, order, { service, clock, news, signal: stop.signal });
    } catch (error) {
      // Refused before it was made, or told by the gateway that it has ended: there is nothing to give back.
      const open = !(error instanceof LeaseFailure) || error.why === 'stopped' || error.why === 'no-machine';
      if (open) await giveBack(id, {}, { service, clock, note: (line) => news.note(line), signal: stop.again });
      throw error;
    }
  }
}

function folderOf(id: string): string {
  return `nodepool-lease-${id.toLowerCase().replaceAll(/[^0-9a-f-]/g, '_')}`;
}
