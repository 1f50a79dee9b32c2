import { isForeign } from '../../domain/decide/installation.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { Resources } from '../../domain/model/quota.js';
import { addResources, NO_RESOURCES } from '../../domain/model/quota.js';
import type { AccountInstance, Provider } from '../../ports/compute/provider.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { Supervisor } from '../../ports/toolkit/supervisor.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import type { CircuitBreakers } from './circuit-breaker.js';
import type { WakeHub } from './wake-hub.js';
import type { LauncherServices } from './services.js';

interface Known {
  readonly limits: Resources | null;
  /** What takes quota in the account and is no node of ours. */
  readonly others: Resources;
  readonly zones: readonly string[];
  readonly problem: string | null;
  /** Monotonic time until which this may be used. */
  readonly until: number;
  readonly provider: Provider;
}

/** How long limits and unmanaged use may be relied on, and how soon a failed look is repeated, seconds (spec LAUNCHER 1.10). */
const KEEP = 300;
const RETRY = 10;
const AWAITED = 30;
const DEADLINE = 60;
/** Timers are a little early at times, seconds. */
const TICK = 0.005;
/** After a quota error nothing is created for this long, growing, unless capacity comes back first. */
const HOLD_OFF_MIN = 5;
const HOLD_OFF_MAX = 120;
/** Even then clouds need a moment, and what was freed may be the very instance that was refused. */
const HOLD_OFF_PAUSE = 1;

/**
 * What providers' accounts have room for: limits less what others use. Shown as it is known; asked for in the
 * background by `refresh`, and everybody is woken when an answer has come (spec LAUNCHER 2.10).
 */
export class ProviderCapacity {
  private readonly known = new Map<string, Known>();
  private readonly asking = new Set<string>();
  /** Somebody waits for what others use there, and will be woken to ask again. */
  private readonly watched = new Set<string>();
  private readonly holdOffs = new Map<string, { until: number; delay: number; problem: string }>();

  constructor(
    private readonly services: Pick<LauncherServices, 'records' | 'clock' | 'logger'>,
    private readonly breakers: CircuitBreakers,
    private readonly tasks: Supervisor,
    private readonly hub: Pick<WakeHub, 'wake'>,
  ) {}

  /** What is known of the account, if anything. Old values stay in use while new ones are being fetched. */
  facts(name: string, provider: Provider): Pick<Known, 'limits' | 'zones'> | undefined {
    const known = this.known.get(name);
    return known?.provider === provider ? known : undefined;
  }

  /** Asks again if what is known is too old, in the background. */
  refresh(name: string, provider: Provider): void {
    if (this.isOld(name, provider)) this.startAsking(name, provider);
  }

  /** What others use of the account, as far as is known. */
  others(name: string): Resources {
    return this.known.get(name)?.others ?? NO_RESOURCES;
  }

  /** Why the limits are unknown; null when they are known, or being asked for the first time. */
  problem(name: string): string | null {
    const known = this.known.get(name);
    return known?.limits === null ? known.problem : null;
  }

  /** Is it time to ask again, and no answer is to come? */
  isOld(name: string, provider: Provider): boolean {
    const known = this.known.get(name);
    if (this.asking.has(name)) return false;
    return known?.provider !== provider || known.until <= this.services.clock.monotonic();
  }

  /** Somebody waits for what others use: it is asked for sooner than otherwise, and not only when something happens. */
  awaited(name: string): void {
    const known = this.known.get(name);
    // The answer that is to come wakes everybody.
    if (!known || this.asking.has(name) || this.watched.has(name)) return;
    const now = this.services.clock.monotonic();
    const until = Math.min(known.until, now + AWAITED);
    this.known.set(name, { ...known, until });
    this.watched.add(name);
    this.tasks.start(`looking again at ${name}`, async (signal) => {
      await sleep(this.services.clock, Math.max(0, until - now) + TICK, signal);
      this.watched.delete(name);
      this.hub.wake();
    });
  }

  /** The cloud said that its quota is used up: forget what we thought, and create nothing for a while. */
  refused(name: string, problem: string): void {
    const before = this.holdOffs.get(name);
    const delay = before ? Math.min(before.delay * 2, HOLD_OFF_MAX) : HOLD_OFF_MIN;
    this.holdOffs.set(name, { until: this.services.clock.monotonic() + delay, delay, problem });
    this.invalidate(name);
    this.announceLater(name, delay);
  }

  /** An instance of the provider is gone: creating may soon go on. */
  freed(name: string): void {
    const holdOff = this.holdOffs.get(name);
    const soon = this.services.clock.monotonic() + HOLD_OFF_PAUSE;
    if (!holdOff || holdOff.until <= soon) return;
    holdOff.until = soon;
    this.announceLater(name, HOLD_OFF_PAUSE);
  }

  /** An instance was created: the quota is not used up any more. */
  succeeded(name: string): void {
    this.holdOffs.delete(name);
  }

  holdOff(name: string): readonly Reason[] {
    const holdOff = this.holdOffs.get(name);
    if (!holdOff || holdOff.until <= this.services.clock.monotonic()) return [];
    return [{ code: 'CLOUD_QUOTA', provider: name, problem: holdOff.problem }];
  }

  invalidate(name: string): void {
    const known = this.known.get(name);
    if (known) this.known.set(name, { ...known, until: 0 });
  }

  private startAsking(name: string, provider: Provider): void {
    this.asking.add(name);
    this.tasks.start(`limits of ${name}`, async (signal) => {
      try {
        this.known.set(name, await this.ask(name, provider, signal));
      } catch (error) {
        this.keepOld(name, provider, error);
      } finally {
        this.asking.delete(name);
      }
      this.hub.wake();
    });
  }

  private async ask(name: string, provider: Provider, signal: AbortSignal): Promise<Known> {
    const work = async (inner: AbortSignal): Promise<Known> => {
      const [limits, zones, instances] = await Promise.all([
        provider.limits(inner),
        provider.availabilityZones(inner),
        provider.list(inner),
      ]);
      return {
        limits,
        others: this.unmanaged(name, instances),
        zones,
        problem: null,
        until: this.services.clock.monotonic() + KEEP,
        provider,
      };
    };
    return this.breakers
      .of(name)
      .watch(() => withDeadline(this.services.clock, DEADLINE, `asking ${name} for its limits`, signal, work));
  }

  private keepOld(name: string, provider: Provider, error: unknown): void {
    this.services.logger.warn(`Cannot learn the limits of ${name}; trying again in ${RETRY} s`, {
      provider: name,
      ...errorFields(error),
    });
    const old = this.known.get(name);
    const until = this.services.clock.monotonic() + RETRY;
    const base = old ?? { limits: null, others: NO_RESOURCES, zones: [] };
    this.known.set(name, { ...base, problem: String(error), until, provider });
    this.announceLater(name, RETRY);
  }

  private announceLater(name: string, delay: number): void {
    this.tasks.start(`capacity of ${name}`, async (signal) => {
      await sleep(this.services.clock, delay, signal);
      this.hub.wake();
    });
  }

  /** What takes quota in the account and is no node of ours (spec LAUNCHER 2.10). */
  private unmanaged(name: string, instances: readonly AccountInstance[]): Resources {
    const { nodes, installation } = this.services.records;
    return instances
      .filter(({ metadata }) => {
        const node = metadata['nodepool_node_id'];
        if (metadata['nodepool_provider_name'] !== name || node === undefined) return true;
        // Ids of nodes repeat from installation to installation.
        return isForeign(metadata, installation.id) || !nodes.view.get(node);
      })
      .map((instance) => instance.resources)
      .reduce(addResources, NO_RESOURCES);
  }
}
