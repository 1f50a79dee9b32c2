import { ConnectionLostError } from '../../ports/coordination/errors.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { ProviderProblem } from '../providers/managed-provider.js';
import type { Acquired, AcquisitionContext, AcquisitionFor } from './acquired.js';
import type { NodeCreation } from './node-creation.js';
import type { NodeReuse } from './node-reuse.js';
import type { PoolIdentity } from '../../domain/model/launcher.js';
import type { ProviderDrivers } from './provider-drivers.js';
import type { Reservation } from './reservation.js';
import type { LauncherServices } from './services.js';

const UNCONFIGURED: ProviderProblem = { problem: 'it is not configured any more', lasting: true };
const STARTING: ProviderProblem = { problem: 'it is starting' };

/**
 * Before it is decided anew what a limit stood in the way of, seconds. There is no room now; and should the decision and the guard of the
 * limits ever disagree, they do not go round and round within one turn.
 */
const OVER_PAUSE = 0.1;
/** After a reconnect, for the mirror to show what was created unheard, seconds. */
const DOUBT = 2;

/** Carries out steps of plans: takes free nodes, or has new ones made, with the configuration as it is by then. */
export class NodeAcquisition {
  constructor(
    private readonly services: LauncherServices,
    private readonly drivers: ProviderDrivers,
    private readonly reuse: NodeReuse,
    private readonly creation: NodeCreation,
  ) {}

  /**
   * Never rejects; commits the reservation as soon as the records show what it stood for, and ends it. `spent`: attempts used up for
   * the node before.
   */
  async acquire(
    pool: PoolIdentity,
    reservation: Reservation,
    spent: number,
    request: AcquisitionFor,
    signal: AbortSignal,
  ): Promise<Acquired> {
    const context = this.context(pool);
    if ('problem' in context) {
      reservation.release();
      return withoutProvider(pool, context);
    }
    let uncertain = false;
    try {
      if (signal.aborted) return { kind: 'lost' };
      const { step } = reservation;
      const acquired =
        step.kind === 'reuse'
          ? await this.reuse.take(context, step.node, request, signal)
          : await this.creation.create(context, reservation, spent, request, signal);
      if (acquired.kind === 'again' && acquired.over) {
        reservation.release();
        await sleep(this.services.clock, OVER_PAUSE, signal);
      }
      return acquired;
    } catch (error) {
      uncertain = error instanceof ConnectionLostError;
      if (signal.aborted) return { kind: 'lost' };
      return this.failed(error, request);
    } finally {
      // The record may have been created although nobody told us: its room is kept until the mirror has had time to see it.
      if (uncertain) reservation.releaseLater(this.mirrored());
      else reservation.release();
    }
  }

  private context({ launcherId, provider: name, name: poolName }: PoolIdentity): AcquisitionContext | ProviderProblem {
    const provider = this.services.config.current.providers.get(name);
    const pool = provider?.pools.get(poolName);
    if (!provider || !pool) return UNCONFIGURED;
    const driver = this.drivers.of(name) ?? STARTING;
    return 'problem' in driver ? driver : { launcherId, pool, provider, driver };
  }

  private failed(error: unknown, { id, value }: AcquisitionFor): Acquired {
    this.services.logger.error('Getting a node failed', { request: id, eventId: value.eventId, ...errorFields(error) });
    return { kind: 'failed', because: [{ code: 'HANDLER_ERROR', problem: String(error) }] };
  }

  private async mirrored(): Promise<void> {
    const { clock, records } = this.services;
    await records.session.connected();
    await new Promise<void>((resolve) => clock.schedule(DOUBT, resolve));
  }
}

/** What may pass is waited for: the next pass says so. */
function withoutProvider({ provider }: PoolIdentity, { problem, lasting }: ProviderProblem): Acquired {
  if (lasting !== true) return { kind: 'again', over: true };
  return { kind: 'failed', because: [{ code: 'PROVIDER_NOT_READY', provider, problem }] };
}
