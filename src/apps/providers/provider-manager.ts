import type { NodepoolConfig, ProviderConfig } from '../../domain/config/config.js';
import type { DriverContext, DriverRegistry } from '../../ports/compute/driver.js';
import type { Provider } from '../../ports/compute/provider.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { ManagedProvider } from './managed-provider.js';
import type { ProviderProblem, StartPatience } from './managed-provider.js';
import { sameValue } from '../../domain/config/value-equality.js';

export interface ProviderManagerOptions {
  readonly drivers: DriverRegistry;
  readonly context: DriverContext;
  /** Which configured providers to run; all by default. The builder wants those that manage images. */
  readonly wanted?: (config: ProviderConfig) => boolean;
  readonly patience?: Partial<StartPatience>;
}

export const START_PATIENCE: StartPatience = { timeout: 120, firstRetry: 5, longestRetry: 60 };

/** A provider in force, and the one that takes over once it has started. */
interface Slot {
  current: ManagedProvider;
  next: ManagedProvider | undefined;
}

/**
 * Provider objects for the providers of the configuration. A provider whose section stayed the same keeps its object over
 * reloads; a changed one gets a new object, and the old one serves until the new one has started (spec BUILDER 1.5). A provider that cannot be started is tried again with back-off and never harms the others.
 */
export class ProviderManager {
  private readonly slots = new Map<string, Slot>();
  /** Not configured any more, and kept. */
  private readonly kept = new Set<string>();
  private readonly listeners = new Set<(name: string) => void>();
  private readonly retiring: Supervisor;
  private readonly patience: StartPatience;
  private stopped = false;

  constructor(private readonly options: ProviderManagerOptions) {
    this.patience = { ...START_PATIENCE, ...options.patience };
    this.retiring = new Supervisor((name, error) => options.context.logger.error(`${name} failed`, errorFields(error)));
  }

  /**
   * Makes, replaces and drops providers after the configuration. Returns at once; see `onChange`. `keep` may hold on to a provider
   * that is not configured any more, until `letGo`.
   */
  apply(config: NodepoolConfig, keep: (name: string) => boolean = () => false): void {
    if (this.stopped) return;
    const wanted = [...config.providers.values()].filter(this.options.wanted ?? (() => true));
    const names = new Set(wanted.map((provider) => provider.name));
    for (const name of [...this.slots.keys()]) if (!names.has(name)) this.leave(name, keep);
    for (const provider of wanted) {
      this.kept.delete(provider.name);
      this.want(provider);
    }
  }

  /** Providers that are kept although they are not configured any more. */
  leaving(): readonly string[] {
    return [...this.kept];
  }

  /** Drops a provider that was kept. */
  letGo(name: string): void {
    if (this.kept.delete(name)) this.drop(name);
  }

  /** The provider, why it cannot be used at the moment, or undefined when none of that name is configured. */
  get(name: string): Provider | ProviderProblem | undefined {
    return this.slots.get(name)?.current.current;
  }

  /** Names of all providers that run or try to. */
  names(): readonly string[] {
    return [...this.slots.keys()];
  }

  /** Calls back with the name of a provider that came up, failed, was replaced or was dropped. Answers the way to unsubscribe. */
  onChange(listener: (name: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Stops all providers. Idempotent. */
  async stop(): Promise<void> {
    this.stopped = true;
    const all = [...this.slots.values()].flatMap(({ current, next }) => (next ? [current, next] : [current]));
    this.slots.clear();
    this.listeners.clear();
    await Promise.all(all.map((managed) => managed.stop()));
    await this.retiring.stop();
  }

  private want(config: ProviderConfig): void {
    const slot = this.slots.get(config.name);
    if (slot && sameValue((slot.next ?? slot.current).config, config)) return;
    if (slot?.next) this.retire(slot.next);
    if (slot && sameValue(slot.current.config, config)) {
      slot.next = undefined;
      return;
    }
    const fresh = this.make(config);
    if (slot?.current.started) {
      slot.next = fresh;
    } else {
      if (slot) this.retire(slot.current);
      this.slots.set(config.name, { current: fresh, next: undefined });
    }
    fresh.start();
  }

  private make(config: ProviderConfig): ManagedProvider {
    const { drivers, context } = this.options;
    const own = { ...context, logger: context.logger.child(config.name, { provider: config.name }) };
    const managed: ManagedProvider = new ManagedProvider(config, drivers, own, this.patience, () =>
      this.settled(managed),
    );
    return managed;
  }

  /**
   * The new object has come up, or failed. A failed one is tried again while the old one serves: a cloud that is silent at the moment
   * of a change, or a slip in the change itself, must not take away what works. Only a section that is out of service takes over.
   */
  private settled(managed: ManagedProvider): void {
    const name = managed.config.name;
    const slot = this.slots.get(name);
    if (slot?.next === managed) {
      if (!managed.started && managed.config.problem === undefined) return;
      this.retire(slot.current);
      this.slots.set(name, { current: managed, next: undefined });
    } else if (slot?.current !== managed) return;
    this.tell(name);
  }

  private leave(name: string, keep: (name: string) => boolean): void {
    const slot = this.slots.get(name);
    if (slot?.next) this.retire(slot.next);
    if (slot) slot.next = undefined;
    if (slot?.current.started && keep(name)) this.kept.add(name);
    else {
      this.kept.delete(name);
      this.drop(name);
    }
  }

  private drop(name: string): void {
    const slot = this.slots.get(name);
    this.slots.delete(name);
    if (slot?.next) this.retire(slot.next);
    if (slot) this.retire(slot.current);
    this.tell(name);
  }

  private retire(managed: ManagedProvider): void {
    this.retiring.start(`stopping provider ${managed.config.name}`, () => managed.stop());
  }

  private tell(name: string): void {
    for (const listener of [...this.listeners]) listener(name);
  }
}
