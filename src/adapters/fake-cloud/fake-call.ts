/** What can be asked of the fake cloud. `boot` is no call but the cloud's own work after a create; faults may name it. */
export const FAKE_CALL_KINDS = [
  'start',
  'create',
  'wait',
  'delete',
  'list',
  'limits',
  'zones',
  'console',
  'image-upload',
  'image-delete',
  'image-list',
] as const;
export type FakeCallKind = (typeof FAKE_CALL_KINDS)[number];

export const FAKE_FAULT_TARGETS = [...FAKE_CALL_KINDS, 'boot'] as const;
export type FakeFaultTarget = (typeof FAKE_FAULT_TARGETS)[number];

export type FakeCallArguments = Readonly<Record<string, string | number | boolean | null>>;

/** `running` until the call has ended; `aborted` = the caller's signal ended it. */
export type FakeCallOutcome = 'running' | 'ok' | 'failed' | 'aborted';

export interface FakeCall {
  /** Counts from 1 over the life of the cloud. */
  readonly number: number;
  readonly kind: FakeCallKind;
  readonly args: FakeCallArguments;
  /** Seconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly outcome: FakeCallOutcome;
  /** The error's message, if it failed. */
  readonly problem: string | null;
}

export interface FakeCallCounts {
  started: number;
  ok: number;
  failed: number;
  aborted: number;
}

type OpenCall = { -readonly [K in keyof FakeCall]: FakeCall[K] };

export type FakeCallEnd = (outcome: Exclude<FakeCallOutcome, 'running'>, now: number, problem?: string | null) => void;

/** Remembers the last calls and counts all of them. */
export class FakeCallLog {
  private readonly recent: OpenCall[] = [];
  private readonly counters = new Map<FakeCallKind, FakeCallCounts>();
  private last = 0;

  /** @param capacity calls remembered; counters have no limit */
  constructor(private readonly capacity: number) {}

  get calls(): readonly FakeCall[] {
    return this.recent;
  }

  count(kind: FakeCallKind): Readonly<FakeCallCounts> {
    return this.counter(kind);
  }

  /** Answers how to tell the end of the call; telling it after a `clear` changes nothing that is counted since. */
  start(kind: FakeCallKind, args: FakeCallArguments, now: number): FakeCallEnd {
    const call: OpenCall = {
      number: (this.last += 1),
      kind,
      args,
      startedAt: now,
      endedAt: null,
      outcome: 'running',
      problem: null,
    };
    const counts = this.counter(kind);
    counts.started += 1;
    this.recent.push(call);
    // Trimmed in lumps: shifting one by one would move the whole array at every call.
    if (this.recent.length > this.capacity * 2) this.recent.splice(0, this.recent.length - this.capacity);
    return (outcome, endedAt, problem = null) => {
      Object.assign(call, { outcome, endedAt, problem });
      counts[outcome] += 1;
    };
  }

  clear(): void {
    this.recent.length = 0;
    this.counters.clear();
  }

  private counter(kind: FakeCallKind): FakeCallCounts {
    let counts = this.counters.get(kind);
    if (!counts) this.counters.set(kind, (counts = { started: 0, ok: 0, failed: 0, aborted: 0 }));
    return counts;
  }
}
