import {
  createsAllowed,
  breakerAfter,
  isHanging,
  permissionFor,
  ALL_CLOSED,
} from '../../domain/decide/circuit-breaker.js';
import type { BreakerEvent, BreakerState, Permission, Zone } from '../../domain/decide/circuit-breaker.js';
import { allowsAt, circuitState } from '../../domain/decide/circuit.js';
import type { TroubleCause } from '../../domain/decide/circuit.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { DeadlineError } from '../../ports/toolkit/deadline.js';
import type { Supervisor } from '../../ports/toolkit/supervisor.js';
import type { LauncherServices } from './services.js';
import type { WakeHub } from './wake-hub.js';
import { LaunchPermission } from './launch-permission.js';
import type { PermissionSource } from './launch-permission.js';

/** Timers are a little early at times, seconds. */
const TICK = 0.005;

type BreakerServices = Pick<LauncherServices, 'clock' | 'random' | 'logger'>;

/** Throttles the creates of one provider by what its cloud answers (see `domain/decide/circuit-breaker.ts`). */
export class CircuitBreaker implements PermissionSource {
  private current: BreakerState = ALL_CLOSED;
  /** Moments at which everybody will be woken. */
  private readonly wakes = new Set<number>();

  constructor(
    private readonly provider: string,
    private readonly services: BreakerServices,
    private readonly tasks: Supervisor,
    /** Woken when more may be created. */
    private readonly hub: Pick<WakeHub, 'wake'>,
  ) {}

  get state(): BreakerState {
    return this.current;
  }

  get now(): number {
    return this.services.clock.monotonic();
  }

  random(): number {
    return this.services.random.next();
  }

  /** How many creates may begin in the zone now; Infinity where all is well. */
  allowed(zone: Zone): number {
    return createsAllowed(this.state, zone, this.now);
  }

  /** Circuits that are not closed, by cause; zones count one by one. */
  held(): Readonly<Record<TroubleCause, number>> {
    const held = { capacity: 0, rate: 0, silence: 0 };
    for (const circuit of this.state.circuits.values())
      if (circuitState(circuit, this.now) !== 'closed') held[circuit.cause] += 1;
    return held;
  }

  /** Takes leave for one create; call only if one is allowed. `permission`: how it gets through, if that was planned. */
  begin(zone: Zone, permission: Permission | null = null): LaunchPermission {
    return new LaunchPermission(this, permission ?? permissionFor(this.state, zone, this.now));
  }

  /** An instance is gone that ran in the zone. */
  freed(zone: Zone): void {
    this.tell({ kind: 'freed', zone });
  }

  /** Makes a call that is no create; what becomes of it tells about the cloud. Never holds it back. */
  async watch<T>(call: () => Promise<T>): Promise<T> {
    const askedAt = this.now;
    try {
      const answer = await call();
      this.tell({ kind: 'other-answered', at: this.now });
      return answer;
    } catch (error) {
      this.failed(error, askedAt);
      throw error;
    }
  }

  private failed(error: unknown, askedAt: number): void {
    const told = { at: this.now, random: this.random() };
    if (error instanceof DeadlineError) this.tell({ ...told, kind: 'other-expired', askedAt });
    if (!(error instanceof ProviderError)) return;
    const { message: problem, details } = error;
    if (details.unanswered === true) this.tell({ ...told, kind: 'other-expired', askedAt });
    else if (error.kind !== 'rate') this.tell({ kind: 'other-answered', at: this.now });
    else this.tell({ ...told, kind: 'other-refused', problem, retryAfter: details.retryAfter });
  }

  /** Finds out that nothing happened: a create had no answer for so long that the API counts as silent. */
  noticeSilence(): void {
    if (isHanging(this.state, this.now)) {
      this.tell({ kind: 'hung', at: this.now, random: this.random() });
    }
  }

  /** Something has happened, as `LaunchPermission` and `watch` tell it. */
  tell(event: BreakerEvent): void {
    const before = this.state;
    this.current = breakerAfter(before, event);
    if (this.state.circuits === before.circuits) return;
    this.report(before);
    this.wakeAtProbe();
    // Whoever begins a create is looking already.
    if (event.kind !== 'begun') this.hub.wake();
  }

  private report(before: BreakerState): void {
    for (const [scope, circuit] of this.state.circuits) {
      if (before.circuits.has(scope)) continue;
      this.services.logger.warn(`Creating in ${this.provider} is held back`, {
        provider: this.provider,
        scope,
        cause: circuit.cause,
        problem: circuit.problem,
      });
    }
    for (const [scope, { cause }] of before.circuits) {
      if (this.state.circuits.has(scope)) continue;
      this.services.logger.info(`Creating in ${this.provider} goes on as usual`, {
        provider: this.provider,
        scope,
        cause,
      });
    }
  }

  private wakeAtProbe(): void {
    for (const circuit of this.state.circuits.values()) {
      const at = allowsAt(circuit);
      if (at <= this.now || this.wakes.has(at)) continue;
      this.wakes.add(at);
      this.tasks.start(`the next probe of ${this.provider}`, async (signal) => {
        try {
          await sleep(this.services.clock, at - this.now + TICK, signal);
        } finally {
          this.wakes.delete(at);
        }
        this.hub.wake();
      });
    }
  }
}

/** The breakers of all providers of one launcher. */
export class CircuitBreakers {
  private readonly breakers = new Map<string, CircuitBreaker>();

  constructor(
    private readonly services: BreakerServices,
    private readonly tasks: Supervisor,
    private readonly hub: Pick<WakeHub, 'wake'>,
  ) {}

  of(provider: string): CircuitBreaker {
    let breaker = this.breakers.get(provider);
    if (!breaker) {
      breaker = new CircuitBreaker(provider, this.services, this.tasks, this.hub);
      this.breakers.set(provider, breaker);
    }
    return breaker;
  }
}
