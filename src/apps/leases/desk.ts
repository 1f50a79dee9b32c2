import { amended, renewed } from '../../domain/decide/lease-changes.js';
import { leaseDue } from '../../domain/decide/lease-end.js';
import { judgeWish, type LeaseWish } from '../../domain/decide/lease-wish.js';
import { LEASE_DEFAULTS, type LeaseId, type LeaseVerdict, type NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { RecordExistsError, StoreFailureError } from '../../ports/coordination/errors.js';
import {
  LeaseRefusedError,
  type LabelAnswer,
  type LeaseCaller,
  type LeaseDescription,
  type LeaseDesk,
  type LeaseFilter,
} from '../../ports/leasing/lease-desk.js';
import { assertHolder, assertVisible, refusalOf } from './desk-rules.js';
import { HolderLimits } from './holder-limits.js';
import { audit } from './lease-audit.js';
import { LeaseDescriptions } from './lease-descriptions.js';
import { LeaseFollower } from './lease-follower.js';
import type { LeaseGateway } from './lease-gateway.js';
import { listLeases } from './lease-list.js';
import { LeaseReport } from './lease-report.js';
import { LabelAvailability } from './label-availability.js';
import { LeaseWatch } from './lease-watch.js';
import { NodesGivenBack } from './nodes-given-back.js';
import type { LeaseServices } from './services.js';
import { SharedTurns } from './shared-turns.js';

/** Seconds that a call may take; a store that hangs must not hold callers for ever. */
const PATIENCE = 20;

export interface DeskServices extends LeaseServices {
  /** Text that is the same for each pair of texts in all processes of the installation, and nobody's to guess: 32 hex digits. */
  readonly digest: (text: string) => string;
}

/** What callers of any gateway may do with leases. */
export class Desk implements LeaseDesk {
  private readonly limits: HolderLimits;
  private readonly availability: LabelAvailability;
  private readonly descriptions: LeaseDescriptions;
  private readonly follower: LeaseFollower;
  private readonly report: LeaseReport;
  private readonly beats = new SharedTurns<Stored<NodeLease> | undefined>();

  constructor(
    private readonly services: DeskServices,
    private readonly gateway: LeaseGateway,
  ) {
    this.limits = new HolderLimits(services);
    this.availability = new LabelAvailability(services, new NodesGivenBack(services));
    this.descriptions = new LeaseDescriptions(services, this.availability);
    const watch = new LeaseWatch(services.records.leases);
    this.follower = new LeaseFollower(services, watch, this.descriptions, (id, caller) => this.describe(id, caller));
    this.report = new LeaseReport(services);
  }

  freshId(): LeaseId {
    return this.services.random.uuid();
  }

  idOfKey(key: string, caller: LeaseCaller): LeaseId {
    const installation = this.services.records.installation.id ?? '';
    const hex = this.services.digest(JSON.stringify([installation, caller.name, key]));
    // Version 8 of RFC 9562: the maker's own kind.
    const parts = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `8${hex.slice(13, 16)}`,
      `8${hex.slice(17, 20)}`,
      hex.slice(20, 32),
    ];
    return parts.join('-');
  }

  create(
    id: LeaseId,
    wish: LeaseWish,
    digest: string,
    caller: LeaseCaller,
    fresh = false,
  ): Promise<{ readonly description: LeaseDescription; readonly created: boolean }> {
    return this.guarded(async () => {
      const { leases } = this.services.records;
      const before = fresh ? undefined : await leases.read(id);
      if (before) return this.same(before, digest, caller);
      await this.judge(wish, caller);
      try {
        const made = await this.within(caller, () => leases.create(id, this.leaseOf(wish, digest, caller)));
        this.report.created(id, made.value);
        this.audit(caller, 'created', id);
        this.gateway.adopt(id);
        return { description: await this.descriptions.of(made), created: true };
      } catch (error) {
        const other = error instanceof RecordExistsError ? await leases.read(id) : undefined;
        if (!other) throw error;
        return this.same(other, digest, caller);
      }
    });
  }

  find(id: LeaseId, caller: LeaseCaller): Promise<Stored<NodeLease>> {
    return this.guarded(async () => assertVisible(await this.services.records.leases.read(id), caller));
  }

  describe(id: LeaseId, caller: LeaseCaller): Promise<LeaseDescription> {
    return this.guarded(async () => {
      const { leases } = this.services.records;
      const guess = leases.view.get(id);
      // A sign of life is written on the version that was read, which makes the answer as fresh as a read would.
      const alive = guess?.value.state === 'active' && guess.value.holder === caller.name;
      const stored = alive ? await this.beat(id, caller) : await leases.read(id);
      const seen = assertVisible(stored, caller);
      const active = seen.value.state === 'active' && seen.value.holder === caller.name;
      return this.descriptions.of(!alive && active ? ((await this.beat(id, caller)) ?? seen) : seen);
    });
  }

  await(id: LeaseId, caller: LeaseCaller, seconds: number, signal: AbortSignal): Promise<LeaseDescription> {
    return this.guarded(() => this.follower.await(id, caller, seconds, signal), Infinity);
  }

  follow(
    id: LeaseId,
    caller: LeaseCaller,
    signal: AbortSignal,
    tell: (description: LeaseDescription) => void,
  ): Promise<void> {
    return this.guarded(() => this.follower.follow(id, caller, signal, tell), Infinity);
  }

  renew(id: LeaseId, caller: LeaseCaller, ttl?: number): Promise<LeaseDescription> {
    return this.guarded(async () => {
      const stored = await this.change(id, caller, (lease) => {
        const next = renewed(lease, this.services.clock.now(), ttl);
        return next === lease ? undefined : next;
      });
      this.gateway.renewals.count(id, caller);
      return this.descriptions.of(stored);
    });
  }

  amend(
    id: LeaseId,
    caller: LeaseCaller,
    change: { readonly ttl?: number; readonly maxDuration?: number; readonly purpose?: string },
  ): Promise<LeaseDescription> {
    return this.guarded(async () => {
      const { maxDuration } = change;
      const stored = await this.change(id, caller, (lease) => {
        if (maxDuration !== undefined && maxDuration > caller.maxDuration)
          throw new LeaseRefusedError('max-duration-exceeded', `max_duration may be ${caller.maxDuration} at most.`);
        return amended(lease, change);
      });
      this.audit(caller, 'amended', id, { change });
      return this.descriptions.of((await this.endIfPast(stored)) ?? stored);
    });
  }

  end(
    id: LeaseId,
    caller: LeaseCaller,
    fared: { readonly verdict: LeaseVerdict | null; readonly note: string | null },
  ): Promise<void> {
    return this.guarded(async () => {
      const lease = assertVisible(await this.services.records.leases.read(id), caller);
      if (!caller.scopes.includes('admin')) assertHolder(lease.value, caller);
      await this.gateway.ends.end(id, ({ state }) => (state === 'waiting' ? 'cancelled' : 'released'), fared);
      this.audit(caller, 'ended', id, { ...fared });
    });
  }

  list(
    caller: LeaseCaller,
    filter: LeaseFilter,
  ): { readonly leases: readonly LeaseDescription[]; readonly next: LeaseFilter['after'] | null } {
    const { page, next } = listLeases(this.services.records.leases.view.all().values(), caller, filter);
    return { leases: page.map((lease) => this.descriptions.fromMemory(lease)), next };
  }

  labels(caller: LeaseCaller): readonly LabelAnswer[] {
    return this.availability.labels(caller.labels);
  }

  /** The same wish of the same holder is the same lease; nothing is told of any other. */
  private async same(
    lease: Stored<NodeLease>,
    digest: string,
    caller: LeaseCaller,
  ): Promise<{ readonly description: LeaseDescription; readonly created: boolean }> {
    if (lease.value.holder !== caller.name || lease.value.wishDigest !== digest)
      throw new LeaseRefusedError('lease-differs', 'The id is taken by another wish.');
    return { description: await this.descriptions.of(lease), created: false };
  }

  private async judge(wish: LeaseWish, caller: LeaseCaller): Promise<void> {
    await this.knowPools();
    const decision = judgeWish(wish, caller, {
      offered: this.availability.offered,
      reachable: (label) => this.availability.reachable(label, this.services.config.current.leaseApi),
    });
    if (decision.verdict === 'refuse') throw new LeaseRefusedError(decision.code, decision.detail);
  }

  /** Nobody is told that there is no such label before all that are registered are known. */
  private async knowPools(): Promise<void> {
    const { view } = this.services.records.launchers;
    if (!view.complete)
      throw new LeaseRefusedError('store-away', 'The launchers are not all known yet.', { retryAfter: 1 });
    await Promise.resolve();
  }

  private within<T>(caller: LeaseCaller, make: () => Promise<T>): Promise<T> {
    return Number.isFinite(caller.maxLeases) ? this.limits.within(caller.name, caller.maxLeases, make) : make();
  }

  private leaseOf(wish: LeaseWish, digest: string, caller: LeaseCaller): NodeLease {
    const now = this.services.clock.now();
    return {
      ...LEASE_DEFAULTS,
      state: 'waiting',
      stateTime: now,
      holder: caller.name,
      tenant: caller.tenant,
      labels: wish.labels,
      purpose: wish.purpose,
      priority: wish.priority,
      provider: wish.provider,
      sshKeys: wish.sshKeys,
      ttl: wish.ttl,
      maxDuration: wish.maxDuration ?? caller.maxDuration,
      wait: wish.wait,
      createdAt: now,
      heartbeat: { at: now, ttl: wish.ttl, count: 0 },
      wishDigest: digest,
    };
  }

  /** A sign of life; what cannot be renewed is answered as it is. */
  private beat(id: LeaseId, caller: LeaseCaller): Promise<Stored<NodeLease> | undefined> {
    // Many who look at one lease of theirs at once must not get in each other's way.
    const { leases } = this.services.records;
    return this.beats.run(JSON.stringify([id, caller.name]), async () => {
      try {
        return await leases.change(id, (lease) => {
          if (lease.holder !== caller.name) return undefined;
          const next = renewed(lease, this.services.clock.now());
          return next === lease ? undefined : next;
        });
      } catch (error) {
        // A question is answered on a full disk as well.
        if (error instanceof StoreFailureError) return leases.read(id);
        throw error;
      }
    });
  }

  /** Of the caller's own lease that has not ended. */
  private async change(
    id: LeaseId,
    caller: LeaseCaller,
    change: (lease: NodeLease) => NodeLease | undefined,
  ): Promise<Stored<NodeLease>> {
    const stored = await this.services.records.leases.change(id, (lease) => {
      assertHolder(lease, caller);
      if (lease.state === 'ended')
        throw new LeaseRefusedError('lease-ended', `The lease has ended: ${String(lease.outcome)}.`, {
          outcome: lease.outcome,
        });
      return change(lease);
    });
    return assertVisible(stored, caller);
  }

  /** A `max_duration` that has passed ends the lease at once. */
  private async endIfPast({ id, value }: Stored<NodeLease>): Promise<Stored<NodeLease> | undefined> {
    const { clock } = this.services;
    const due = leaseDue(value, this.gateway.clocks.of(id), clock.monotonic());
    if (due.verdict !== 'end' || due.outcome !== 'limit') return undefined;
    return this.gateway.ends.end(id, () => 'limit');
  }

  private audit(caller: LeaseCaller, what: string, lease: LeaseId, more: Readonly<Record<string, unknown>> = {}): void {
    audit(this.services.logger, caller, what, lease, more);
  }

  /** Troubles of the store become refusals of the contract. */
  private async guarded<T>(work: () => Promise<T>, seconds = PATIENCE): Promise<T> {
    try {
      const never = new AbortController().signal;
      return await withDeadline(this.services.clock, seconds, 'the call', never, work);
    } catch (error) {
      throw refusalOf(error);
    }
  }
}
