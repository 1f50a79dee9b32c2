import type { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { CancelTimer, Clock } from '../../../src/ports/runtime/clock.js';
import type { Chronicle } from './chronicle.js';
import type { Dice } from './dice.js';
import type { Role } from './observed-tree.js';

/** More than any honest work sets within one moment of virtual time. */
const TIMERS_PER_MOMENT = 200_000;

/** What is to happen when a process has made so many more calls. */
export interface Trap {
  callsLeft: number;
  readonly when: 'before' | 'after';
  readonly spring: () => void;
}

/**
 * An operating system process: while it is frozen nothing in it moves, once it is dead nothing ever will. All that reaches the
 * code in it - timers, answers, notices - comes through `run`.
 */
export class SimProcess {
  readonly clock: ProcessClock;
  /** When it last lost touch with the world, and when it got it back. */
  readonly absence = { from: -Infinity, to: -Infinity };
  /** Seconds that each message to and from the store takes beyond the usual. */
  lag = 0;
  private state: 'alive' | 'frozen' | 'dead' = 'alive';
  private held: (() => void)[] = [];
  private traps: Trap[] = [];

  constructor(
    readonly name: string,
    readonly role: Role,
    readonly base: VirtualClock,
    readonly dice: Dice,
    readonly chronicle: Chronicle,
  ) {
    this.clock = new ProcessClock(this);
  }

  get dead(): boolean {
    return this.state === 'dead';
  }

  get frozen(): boolean {
    return this.state === 'frozen';
  }

  run(action: () => void): void {
    if (this.state === 'dead') return;
    if (this.state === 'frozen') this.held.push(action);
    else action();
  }

  /** As SIGKILL. */
  kill(): void {
    this.state = 'dead';
    this.held = [];
    this.traps = [];
  }

  /** As SIGSTOP, and SIGCONT after `seconds`. */
  freeze(seconds: number): void {
    if (this.state !== 'alive') return;
    this.state = 'frozen';
    this.away(seconds);
    this.base.schedule(seconds, () => this.thaw());
  }

  /** It hears nothing for so many seconds from now on. */
  away(seconds: number): void {
    const now = this.base.monotonic();
    if (now > this.absence.to) this.absence.from = now;
    this.absence.to = Math.max(this.absence.to, now + seconds);
  }

  thaw(): void {
    if (this.state !== 'frozen') return;
    this.state = 'alive';
    for (const action of this.held.splice(0)) this.base.schedule(0, () => this.run(action));
  }

  /** Sets a trap for one of the next calls to store or cloud. */
  setTrap(trap: Trap): void {
    this.traps.push(trap);
  }

  clearTraps(): void {
    this.traps = [];
  }

  /** A call is about to be made, or has just taken effect. Answers false if the process did not survive it. */
  pass(when: 'before' | 'after'): boolean {
    for (const trap of [...this.traps]) {
      if (trap.when !== when) continue;
      trap.callsLeft -= 1;
      if (trap.callsLeft > 0) continue;
      this.traps = this.traps.filter((other) => other !== trap);
      trap.spring();
    }
    return !this.dead;
  }

  /** The answer of somebody outside: reaches us only while we live and move. */
  guard<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => this.run(() => resolve(value)),
        (error: unknown) => this.run(() => reject(error instanceof Error ? error : new Error(String(error)))),
      );
    });
  }
}

/** The clock on the wall of one process: may be wrong, and stands still with it. */
export class ProcessClock implements Clock {
  /** Seconds by which `now` is wrong. */
  offset = 0;
  private pendingTimers = 0;
  private moment = -1;
  private setAtMoment = 0;

  constructor(private readonly process: SimProcess) {}

  /** Timers that wait. */
  get pending(): number {
    return this.pendingTimers;
  }

  now(): number {
    return this.process.base.now() + this.offset;
  }

  monotonic(): number {
    return this.process.base.monotonic();
  }

  schedule(delay: number, callback: () => void): CancelTimer {
    if (delay === Infinity || this.runsWild()) return () => undefined;
    let waiting = true;
    this.pendingTimers += 1;
    const done = (): boolean => {
      if (!waiting) return false;
      waiting = false;
      this.pendingTimers -= 1;
      return true;
    };
    const cancel = this.process.base.schedule(delay, () => this.process.run(() => done() && callback()));
    return () => {
      if (done()) cancel();
    };
  }

  private runsWild(): boolean {
    const now = this.monotonic();
    this.setAtMoment = now === this.moment ? this.setAtMoment + 1 : 0;
    this.moment = now;
    if (this.setAtMoment < TIMERS_PER_MOMENT) return false;
    this.process.chronicle.fail('no endless loops', `${this.process.name} sets timer after timer within one moment`);
    return true;
  }
}
