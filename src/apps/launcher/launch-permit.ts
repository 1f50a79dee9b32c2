import { refusalsCounted } from '../../domain/decide/launch-governor.js';
import type { GovernorEvent, GovernorState, Pass } from '../../domain/decide/launch-governor.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { DeadlineError } from '../../ports/runtime/deadline.js';

/** What a permit needs of its governor. */
export interface PermitOffice {
  readonly state: GovernorState;
  readonly now: number;
  readonly dice: () => number;
  readonly tell: (event: GovernorEvent) => void;
}

/**
 * Leave to create one instance. Taken in the turn of the decision, used once, and told what became of it; telling more than once
 * changes nothing.
 */
export class LaunchPermit {
  private accepted = false;
  private over = false;

  constructor(
    private readonly office: PermitOffice,
    private readonly pass: Pass,
  ) {
    office.tell({ kind: 'begun', pass, at: pass.begunAt });
  }

  /** The cloud has answered with the id of an instance. */
  accept(): void {
    if (this.over || this.accepted) return;
    this.accepted = true;
    this.office.tell({ kind: 'accepted', pass: this.pass, at: this.office.now });
  }

  /** The instance runs. */
  succeed(): void {
    this.end(() => ({ kind: 'running', pass: this.pass, at: this.office.now }));
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
        ? { kind: 'expired', pass: this.pass, at: base.at, dice: this.office.dice() }
        : { ...base, kind: 'ended', answered: true },
    );
    return 'news';
  }

  private refuse({ message: problem, details }: ProviderError, cause: 'capacity' | 'rate'): 'news' | 'known' {
    const before = refusalsCounted(this.office.state, this.pass.zone, cause);
    const { retryAfter } = details;
    this.end((base) => ({ ...base, kind: 'refused', cause, problem, retryAfter, dice: this.office.dice() }));
    return refusalsCounted(this.office.state, this.pass.zone, cause) === before ? 'known' : 'news';
  }

  private end(
    event: (base: { readonly pass: Pass; readonly at: number; readonly accepted: boolean }) => GovernorEvent,
  ): void {
    if (this.over) return;
    this.over = true;
    this.office.tell(event({ pass: this.pass, at: this.office.now, accepted: this.accepted }));
  }
}
