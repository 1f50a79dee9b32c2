import type { LeaseId, NodeLease } from '../../domain/model/lease.js';
import { REQUEST_DEFAULTS, type NodeRequest, type RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { LeaseServices } from './services.js';

/** Before all that were made since: a lease whose gateway died has lost its place in the queue through no fault of its own. */
const FIRST = -1;

/** The node request by which a lease is served; ephemeral, so that it goes with its gateway. */
export class LeaseRequest {
  private id: RequestId | null = null;

  constructor(
    private readonly services: Pick<LeaseServices, 'records' | 'clock' | 'logger'>,
    private readonly lease: LeaseId,
  ) {}

  /** As the mirror shows it; undefined if there is none. */
  get current(): Stored<NodeRequest> | undefined {
    return this.id === null ? undefined : this.services.records.requests.view.get(this.id);
  }

  /** Goes on with a request that was made for the lease before, in this session or one that lives on. */
  find(): Stored<NodeRequest> | undefined {
    const known = this.current;
    if (known) return known;
    for (const request of this.services.records.requests.view.all().values())
      if (leaseOfRequest(request.value) === this.lease) {
        this.id = request.id;
        return request;
      }
    return undefined;
  }

  async make(lease: NodeLease): Promise<RequestId> {
    const now = this.services.clock.now();
    const { id } = await this.services.records.requests.create(String(lease.priority).padStart(3, '0'), {
      ...REQUEST_DEFAULTS,
      state: 'requested',
      stateTime: now,
      createdTime: now,
      nodeTypes: lease.labels,
      requestor: `lease:${lease.holder}`,
      requestorData: { lease: this.lease },
      provider: lease.provider,
      tenantName: lease.tenant,
      relativePriority: lease.requestId === null ? 0 : FIRST,
    });
    this.id = id;
    return id;
  }

  /** Never rejects for reasons of the store: the request goes with the session. */
  async remove(): Promise<void> {
    const { id } = this;
    if (id === null) return;
    this.id = null;
    try {
      await this.services.records.requests.remove(id);
    } catch (error) {
      this.services.logger.warn(`Request ${id} of lease ${this.lease} could not be removed`, {
        request: id,
        lease: this.lease,
        ...errorFields(error),
      });
    }
  }
}

/** The lease that a request was made for. */
export function leaseOfRequest({ requestorData }: Pick<NodeRequest, 'requestorData'>): LeaseId | undefined {
  if (typeof requestorData !== 'object' || requestorData === null) return undefined;
  const { lease } = requestorData as { readonly lease?: unknown };
  return typeof lease === 'string' ? lease : undefined;
}
