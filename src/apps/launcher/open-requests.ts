import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { RecordView } from '../../ports/records/view.js';
import type { PoolRoster } from './pool-roster.js';
import type { RequestPhases } from './request-phases.js';

/** The requests that nobody serves, as one pool sees them: the same array as long as nothing about them has changed. */
export class OpenRequests {
  private known: readonly Stored<NodeRequest>[] = [];
  /** In the order of the last pass; others may have come and gone since. */
  private order: readonly RequestId[] = [];
  private inOrder = true;
  private current = false;
  private moves = 0;

  constructor(
    private readonly phases: Pick<RequestPhases, 'openInOrder'>,
    private readonly roster: Pick<PoolRoster, 'handles' | 'moves'>,
    private readonly view: Pick<RecordView<NodeRequest>, 'get'>,
  ) {}

  /** Some of them, or whether they are open, may not be what it was. */
  changed(): void {
    this.current = false;
  }

  /** A pass has put them, among others, in this order. */
  ordered(requests: readonly { readonly id: RequestId }[]): void {
    if (this.inOrder) return;
    this.order = requests.map(({ id }) => id);
    this.inOrder = true;
  }

  /** Those of the last pass come first, in the order in which they were: they need hardly be sorted again. */
  get all(): readonly Stored<NodeRequest>[] {
    const { moves } = this.roster;
    if (this.current && this.moves === moves) return this.known;
    const requests: Stored<NodeRequest>[] = [];
    for (const id of this.phases.openInOrder(this.order)) {
      const request = this.roster.handles(id) ? undefined : this.view.get(id);
      if (request) requests.push(request);
    }
    this.known = requests;
    this.moves = moves;
    this.current = true;
    this.inOrder = false;
    return requests;
  }
}
