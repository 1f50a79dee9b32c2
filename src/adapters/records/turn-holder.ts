import type { Lease, LeaseManager } from '../../ports/coordination/lease.js';
import { LeaseLostError } from '../../ports/coordination/lease.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { linkAbort } from '../../ports/toolkit/linked-abort.js';
import { isContender } from './paths.js';

export interface TurnContext {
  readonly store: TreeStore;
  readonly leases: LeaseManager;
  /** Of the contender record, for people. */
  readonly identifier: string;
  /** Resolves when the mirror shows what others did before we got the turn. */
  readonly catchUp: (signal: AbortSignal) => Promise<void>;
}

interface Waiter {
  readonly resolve: (lease: Lease) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * The turn of one limit in this process: one lease, shared by all the work that needs it at the same time. Each time it is got, all
 * who wait for it by then have it; who comes later stands for it again, behind other processes, unless we are alone.
 */
export class TurnHolder {
  private readonly waiters = new Set<Waiter>();
  private lease: Lease | undefined;
  private pins = 0;
  private contended = false;
  private alone: () => boolean = () => false;
  private running: Promise<void> | undefined;
  /** Ends the wait for the turn. */
  private standing = new AbortController();
  /** Somebody looks whether the turn is to be given up. */
  private reconsidering: (() => void) | undefined;

  constructor(
    private readonly context: TurnContext,
    private readonly directory: string,
  ) {}

  /** Resolves with the turn; each must be followed by `unpin`. @throws the signal's reason, or why it could not be had */
  async pin(alone: () => boolean, signal: AbortSignal): Promise<Lease> {
    signal.throwIfAborted();
    this.alone = alone;
    if (this.lease && this.open(this.lease)) {
      this.pins += 1;
      return this.lease;
    }
    return this.stand(signal);
  }

  unpin(): void {
    this.pins -= 1;
    this.reconsider();
  }

  /** Something has changed that keeping the turn depends on. */
  reconsider(): void {
    this.reconsidering?.();
  }

  /** Resolves when the turn is given up and nobody here waits for it. */
  async letGo(): Promise<void> {
    this.contended = true;
    this.standing.abort(new Error('nobody wants the turn any more'));
    this.reconsider();
    await this.running;
  }

  /** May more work begin under the turn that we have? */
  private open(lease: Lease): boolean {
    return !lease.signal.aborted && !this.contended && this.alone();
  }

  private stand(signal: AbortSignal): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (!this.waiters.delete(waiter)) return;
        reject(asError(signal.reason));
        if (this.waiters.size === 0) this.standing.abort(signal.reason);
      };
      const done = (): void => signal.removeEventListener('abort', onAbort);
      const waiter: Waiter = {
        resolve: (lease) => (done(), resolve(lease)),
        reject: (reason) => (done(), reject(reason)),
      };
      this.waiters.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
      this.running ??= this.run();
    });
  }

  /** Never rejects. Each round begins with a call to the store, and only if somebody waits. */
  private async run(): Promise<void> {
    while (this.waiters.size > 0) {
      try {
        await this.round();
      } catch (error) {
        for (const waiter of this.taken()) waiter.reject(asError(error));
      }
    }
    this.running = undefined;
  }

  private async round(): Promise<void> {
    const { leases, identifier } = this.context;
    this.standing = new AbortController();
    const { signal } = this.standing;
    const acquired = await leases.acquire(this.directory, { wait: Infinity, makeParents: true, identifier, signal });
    if ('refused' in acquired) throw new LeaseLostError(`${this.directory} could not be locked`);
    const { lease } = acquired;
    const onAbort = (): void => this.reconsider();
    lease.signal.addEventListener('abort', onAbort);
    try {
      await this.catchUp(lease);
      this.contended = false;
      this.lease = lease;
      for (const waiter of this.taken()) {
        this.pins += 1;
        waiter.resolve(lease);
      }
      if (this.alone()) void this.watch(lease);
      while (this.pins > 0 || this.open(lease)) await this.change();
    } finally {
      this.lease = undefined;
      lease.signal.removeEventListener('abort', onAbort);
      await lease.release();
    }
  }

  /** @throws why the turn, or the wish for it, is gone meanwhile */
  private async catchUp(lease: Lease): Promise<void> {
    const either = linkAbort(lease.signal, this.standing.signal);
    try {
      await this.context.catchUp(either.signal);
      either.signal.throwIfAborted();
    } finally {
      either.dispose();
    }
  }

  private taken(): readonly Waiter[] {
    const all = [...this.waiters];
    this.waiters.clear();
    return all;
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.reconsidering = () => {
        this.reconsidering = undefined;
        resolve();
      };
    });
  }

  /** While the turn is kept: does anybody else stand for it? What cannot be read counts as yes. */
  private async watch(lease: Lease): Promise<void> {
    try {
      const names = (await this.context.store.list(this.directory, () => void this.watch(lease))) ?? [];
      if (this.lease !== lease || names.filter(isContender).length === 1) return;
    } catch {
      if (this.lease !== lease) return;
    }
    this.contended = true;
    this.reconsider();
  }
}
