import type { CloudAuth } from '../clouds/cloud-access.js';
import type { Secret } from '../../../domain/config/secret.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import type { Catalogue } from './catalogue.js';
import { isStatus } from './api-error.js';
import type { IdentityToken } from './identity-token.js';

export interface SignedIn {
  /** Null: the cloud wants none. */
  readonly token: Secret | null;
  readonly catalogue: Catalogue;
  readonly projectId: string | null;
}

interface Held extends SignedIn {
  /** By the monotonic clock. */
  readonly end: number;
  readonly lifetime: number;
}

/** Seconds before its end from which on a token is not used any more; a tenth of its life if that is shorter. */
const SLACK = 120;
/** Seconds for which refused credentials are not tried again: identity services lock accounts that knock too often. */
const PAUSE_AFTER_REFUSAL = 30;

/** The token of one cloud: made when first needed, renewed before it ends, and only once for all who wait for it. */
export class Session {
  private held: Held | null = null;
  private signing: Promise<Held> | null = null;
  private refused: { readonly error: unknown; readonly until: number } | null = null;

  /** @param signIn - bounded in time, and ended by whoever closes the client */
  constructor(
    private readonly signIn: () => Promise<IdentityToken>,
    private readonly clock: Clock,
  ) {}

  /**
   * @param needed - seconds for which the token is going to be used; one that ends earlier is renewed, unless it is new
   * @throws ApiError, or the signal's reason
   */
  async current(needed: number, signal: AbortSignal): Promise<SignedIn> {
    if (this.held && this.isGood(this.held, needed)) return this.held;
    const refused = this.refused;
    if (refused && this.clock.monotonic() < refused.until) throw refused.error;
    this.signing ??= this.renew().finally(() => {
      this.signing = null;
    });
    return waitFor(this.signing, signal);
  }

  /** The server has refused this token: the next call signs in again, unless somebody has done so meanwhile. */
  renounce({ token }: SignedIn): void {
    if (this.held?.token === token) this.held = null;
  }

  private isGood({ end, lifetime }: Held, needed: number): boolean {
    const slack = Math.max(Math.min(SLACK, lifetime / 10), Math.min(needed, lifetime / 2));
    return this.clock.monotonic() + slack < end;
  }

  private async renew(): Promise<Held> {
    const begun = this.clock.monotonic();
    try {
      const { token, lifetime, catalogue, projectId } = await this.signIn();
      const seconds = lifetime ?? Infinity;
      this.held = { token, catalogue, projectId, lifetime: seconds, end: begun + seconds };
      this.refused = null;
      return this.held;
    } catch (error) {
      const until = this.clock.monotonic() + PAUSE_AFTER_REFUSAL;
      if (isStatus(error, 400, 401, 403)) this.refused = { error, until };
      throw error;
    }
  }
}

/** Without an identity service. */
export function fixedSession({ token }: CloudAuth & { kind: 'fixed' }): Pick<Session, 'current' | 'renounce'> {
  const signedIn: SignedIn = { token, catalogue: [], projectId: null };
  return { current: () => Promise.resolve(signedIn), renounce: () => undefined };
}

function waitFor<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(asError(signal.reason));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
