import { refusalsCounted } from '../../domain/decide/circuit-breaker.js';
import type { BreakerEvent, BreakerState, Permission } from '../../domain/decide/circuit-breaker.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { DeadlineError } from '../../ports/toolkit/deadline.js';

/** What a permission needs of its breaker. */
export interface PermissionSource {
  readonly state: BreakerState;
  readonly now: number;
  readonly random: () => number;
  readonly tell: (event: BreakerEvent) => void;
}

/**
 * Leave to create one instance. Taken in the turn of the decision, used once, and told what became of it; telling more than once
 * changes nothing.
 */
export class LaunchPermission {
  private accepted = false;
  private over = false;

  constructor(
    private readonly office: PermissionSource,
    private readonly permission: Permission,
  ) {
    office.tell({ kind: 'begun', permission, at: permission.begunAt });
  }

  /** The cloud has answered with the id of an instance. */
  accept(): void {
    if (this.over || this.accepted) return;
    this.accepted = true;
    this.office.tell({ kind: 'accepted', permission: this.permission, at: this.office.now });
  }

  /** The instance runs. */
  succeed(): void {
    this.end(() => ({ kind: 'running', permission: this.permission, at: this.office.now }));
  }

  /** Nothing was asked, or nobody wants to know any more. */
  cancel(): void {
    this.end((base) => ({ ...base, kind: 'ended', answered: false }));
  }

  /**
   * The create or the start of the instance failed. Answers whether it ran into something that was known already, and so says
   * nothing about the node that was to be.
   */
  fail(error: unknown): 'news' | 'known' {
    const refused = error instanceof ProviderError && (error.kind === 'capacity' || error.kind === 'rate');
    if (refused) return this.refuse(error, error.kind === 'rate' ? 'rate' : 'capacity');
    const silent =
      error instanceof DeadlineError || (error instanceof ProviderError && error.details.unanswered === true);
    this.end((base) =>
      silent && !this.accepted
        ? { kind: 'expired', permission: this.permission, at: base.at, random: this.office.random() }
        : { ...base, kind: 'ended', answered: true },
    );
    return 'news';
  }

  private refuse({ message: problem, details }: ProviderError, cause: 'capacity' | 'rate'): 'news' | 'known' {
    const before = refusalsCounted(this.office.state, this.permission.zone, cause);
    const { retryAfter } = details;
    this.end((base) => ({ ...base, kind: 'refused', cause, problem, retryAfter, random: this.office.random() }));
    return refusalsCounted(this.office.state, this.permission.zone, cause) === before ? 'known' : 'news';
  }

  private end(
    event: (base: { readonly permission: Permission; readonly at: number; readonly accepted: boolean }) => BreakerEvent,
  ): void {
    if (this.over) return;
    this.over = true;
    this.office.tell(event({ permission: this.permission, at: this.office.now, accepted: this.accepted }));
  }
}
