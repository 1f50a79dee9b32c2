import type { Node } from '../../../domain/model/node.js';
import type { RecordView } from '../../../ports/records/view.js';
import type { CancelTimer, Clock } from '../../../ports/runtime/clock.js';
import { LIVE_STATES, liveState } from './live-nodes.js';

/** Seconds between two samples. */
const PERIOD = 10;
/** An hour. */
const SAMPLES = 360;

/** How many nodes there were in each state over the last hour, as the mirror showed it. */
export class NodeHistory {
  private readonly samples: (readonly number[])[] = [];
  private cancel: CancelTimer | undefined;

  constructor(
    private readonly view: RecordView<Node>,
    private readonly clock: Clock,
  ) {}

  /** Rows of the moment and the count of each of LIVE_STATES. */
  get rows(): readonly (readonly number[])[] {
    return this.samples;
  }

  start(): void {
    this.cancel ??= this.clock.schedule(PERIOD, () => this.sample());
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private sample(): void {
    this.cancel = undefined;
    this.start();
    const counts = new Map<string, number>();
    for (const { value } of this.view.all().values())
      counts.set(liveState(value), (counts.get(liveState(value)) ?? 0) + 1);
    this.samples.push([Math.floor(this.clock.now()), ...LIVE_STATES.map((state) => counts.get(state) ?? 0)]);
    if (this.samples.length > SAMPLES) this.samples.shift();
  }
}
