import { createsAllowed, govern, isHanging, passFor, UNGOVERNED } from '../../domain/decide/launch-governor.js';
import type { GovernorEvent, GovernorState, Pass, Zone } from '../../domain/decide/launch-governor.js';
import { allowance } from '../../domain/decide/launch-gate.js';
import type { TroubleCause } from '../../domain/decide/launch-gate.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { sleep } from '../../ports/runtime/clock.js';
import { DeadlineError } from '../../ports/runtime/deadline.js';
import type { Supervisor } from '../../ports/runtime/supervisor.js';
import type { LauncherServices } from './services.js';
import type { WakeHub } from './wake-hub.js';
import { LaunchPermit } from './launch-permit.js';
import type { PermitOffice } from './launch-permit.js';

/** Timers are a little early at times, seconds. */
const TICK = 0.005;

type GovernorServices = Pick<LauncherServices, 'clock' | 'random' | 'logger'>;

/** Paces the creates of one provider by what its cloud answers (see `domain/decide/launch-governor.ts`). */
export class LaunchGovernor implements PermitOffice {
  private current: GovernorState = UNGOVERNED;
  /** Moments at which somebody will look again. */
  private readonly wakes = new Set<number>();

  constructor(
    private readonly provider: string,
    private readonly services: GovernorServices,
    private readonly tasks: Supervisor,
    /** Woken when more may be created. */
    private readonly hub: Pick<WakeHub, 'wake'>,
  ) {}

  get state(): GovernorState {
    return this.current;
  }

  get now(): number {
    return this.services.clock.monotonic();
  }

  dice(): number {
    return this.services.random.next();
  }

  /** How many creates may begin in the zone now; Infinity where all is well. */
  allowed(zone: Zone): number {
    return createsAllowed(this.state, zone, this.now);
  }

  /** Gates that hold creates back, by cause; zones count one by one. */
  held(): Readonly<Record<TroubleCause, number>> {
    const held = { capacity: 0, rate: 0, silence: 0 };
    for (const gate of this.state.gates.values()) if (allowance(gate, this.now) !== Infinity) held[gate.cause] += 1;
    return held;
  }

  /** Takes leave for one create; call only if one is allowed. `pass`: how it gets through, if that was planned. */
  begin(zone: Zone, pass: Pass | null = null): LaunchPermit {
    return new LaunchPermit(this, pass ?? passFor(this.state, zone, this.now));
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
    const told = { at: this.now, dice: this.dice() };
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
      this.tell({ kind: 'hung', at: this.now, dice: this.dice() });
    }
  }

  /** Something has happened, as `LaunchPermit` and `watch` tell it. */
  tell(event: GovernorEvent): void {
    const before = this.state;
    this.current = govern(before, event);
    if (this.state.gates === before.gates) return;
    this.report(before);
    this.wakeAtOpening();
    // Whoever begins a create is looking already.
    if (event.kind !== 'begun') this.hub.wake();
  }

  private report(before: GovernorState): void {
    for (const [scope, gate] of this.state.gates) {
      if (before.gates.has(scope)) continue;
      this.services.logger.warn(`Creating in ${this.provider} is held back`, {
        provider: this.provider,
        scope,
        cause: gate.cause,
        problem: gate.problem,
      });
    }
    for (const [scope, { cause }] of before.gates) {
      if (this.state.gates.has(scope)) continue;
      this.services.logger.info(`Creating in ${this.provider} goes on as usual`, {
        provider: this.provider,
        scope,
        cause,
      });
    }
  }

  private wakeAtOpening(): void {
    for (const { opensAt } of this.state.gates.values()) {
      if (opensAt <= this.now || this.wakes.has(opensAt)) continue;
      this.wakes.add(opensAt);
      this.tasks.start(`the next probe of ${this.provider}`, async (signal) => {
        try {
          await sleep(this.services.clock, opensAt - this.now + TICK, signal);
        } finally {
          this.wakes.delete(opensAt);
        }
        this.hub.wake();
      });
    }
  }
}

/** The governors of all providers of one launcher. */
export class LaunchGovernors {
  private readonly governors = new Map<string, LaunchGovernor>();

  constructor(
    private readonly services: GovernorServices,
    private readonly tasks: Supervisor,
    private readonly hub: Pick<WakeHub, 'wake'>,
  ) {}

  of(provider: string): LaunchGovernor {
    let governor = this.governors.get(provider);
    if (!governor) {
      governor = new LaunchGovernor(provider, this.services, this.tasks, this.hub);
      this.governors.set(provider, governor);
    }
    return governor;
  }
}
