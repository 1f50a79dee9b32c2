import { nextPhase, UNSEEN } from '../../domain/lifecycle/request-phase.js';
import type { PhaseEvent, RequestPhase } from '../../domain/lifecycle/request-phase.js';
import type { RequestId } from '../../domain/model/request.js';
import type { Clock } from '../../ports/runtime/clock.js';

/** Told of every change of a phase, synchronously. */
export type PhaseListener = (id: RequestId, before: RequestPhase, after: RequestPhase, event: PhaseEvent) => void;

/** The phase of each request that one pool knows, and those that a pass has to look at. */
export class RequestPhases {
  private readonly phases = new Map<RequestId, RequestPhase>();
  private readonly openIds = new Set<RequestId>();
  private readonly lackingIds = new Set<RequestId>();
  private readonly waitingIds = new Set<RequestId>();
  private readonly backOffs = new Map<RequestId, () => void>();

  constructor(
    private readonly clock: Clock,
    private readonly onChange: PhaseListener,
    /** One has rested for long enough. */
    private readonly backedOff: (id: RequestId) => void,
  ) {}

  /** Those that nobody serves and that we do not leave alone. */
  get open(): ReadonlySet<RequestId> {
    return this.openIds;
  }

  /** Those that are open: first those that `before` names, each once, in its order. */
  openInOrder(before: readonly RequestId[]): readonly RequestId[] {
    const ordered = before.filter((id) => this.openIds.has(id));
    if (ordered.length === this.openIds.size) return ordered;
    const known = new Set(ordered);
    for (const id of this.openIds) if (!known.has(id)) ordered.push(id);
    return ordered;
  }

  /** Those of ours that lack nodes which nobody has decided on yet: few of many. */
  get lacking(): ReadonlySet<RequestId> {
    return this.lackingIds;
  }

  /** How many of ours wait for capacity. */
  get waiting(): number {
    return this.waitingIds.size;
  }

  get backingOff(): number {
    return this.backOffs.size;
  }

  get known(): readonly RequestId[] {
    return [...this.phases.keys()];
  }

  of(id: RequestId): RequestPhase {
    return this.phases.get(id) ?? UNSEEN;
  }

  /** Is it in our hands, or about to be? */
  handles(id: RequestId): boolean {
    return isHandled(this.of(id));
  }

  apply(id: RequestId, event: PhaseEvent): RequestPhase {
    const before = this.of(id);
    const after = nextPhase(before, event);
    if (after === before) return after;
    if (after.kind === 'closed' && after.failures === 0) this.phases.delete(id);
    else this.phases.set(id, after);
    place(this.openIds, id, after.kind === 'open');
    place(this.lackingIds, id, lacks(after));
    place(this.waitingIds, id, waits(after));
    if (before.kind === 'backing-off' || after.kind === 'backing-off') this.backOff(id, after);
    this.onChange(id, before, after, event);
    return after;
  }

  /** Nobody is woken any more. */
  close(): void {
    for (const cancel of this.backOffs.values()) cancel();
    this.backOffs.clear();
  }

  private backOff(id: RequestId, phase: RequestPhase): void {
    this.backOffs.get(id)?.();
    this.backOffs.delete(id);
    if (phase.kind !== 'backing-off') return;
    const seconds = Math.max(0, phase.until - this.clock.monotonic());
    this.backOffs.set(
      id,
      this.clock.schedule(seconds, () => this.backedOff(id)),
    );
  }
}

/** Is it in our hands, or about to be? */
export function isHandled({ kind }: RequestPhase): boolean {
  return kind === 'locking' || kind === 'serving' || kind === 'declining';
}

function place(set: Set<RequestId>, id: RequestId, present: boolean): void {
  if (present) set.add(id);
  else set.delete(id);
}

function lacks(phase: RequestPhase): boolean {
  return phase.kind === 'serving' && phase.progress.end === null && phase.progress.needed.length > 0;
}

function waits(phase: RequestPhase): boolean {
  if (phase.kind === 'locking') return phase.wait !== null;
  return phase.kind === 'serving' && phase.progress.wait !== null;
}
