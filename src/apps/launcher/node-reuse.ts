import type { Node } from '../../domain/model/node.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { linkAbort } from '../../ports/toolkit/linked-abort.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { machineOf } from '../../domain/decide/static-machines.js';
import type { Acquired, AcquisitionContext, AcquisitionFor } from './acquired.js';
import { checkStaticNode } from './static-machines.js';
import type { Guarded, LimitGuard } from './limit-guard.js';
import type { ProviderDrivers } from './provider-drivers.js';
import { moveNode } from './moves.js';
import type { LauncherServices } from './services.js';

/** For a free node that somebody is just letting go, seconds. */
const REUSE_WAIT = 1;

/** Takes free nodes over for requests (spec LAUNCHER 2.6-5a). */
export class NodeReuse {
  constructor(
    private readonly services: LauncherServices,
    private readonly guard: LimitGuard,
    private readonly drivers: Pick<ProviderDrivers, 'resourcesOf'>,
  ) {}

  /** @throws what keeps the record from being read or written */
  async take(context: AcquisitionContext, id: string, request: AcquisitionFor, signal: AbortSignal): Promise<Acquired> {
    const outcome = await this.services.records.nodes.lock(id, { wait: REUSE_WAIT });
    if (outcome.kind !== 'locked') return { kind: 'again' };
    const { lease } = outcome;
    const { state, allocatedTo, provider, pool } = lease.current.value;
    // The mirror may be behind: what counts is what was read under the lock (weakness 2).
    if (state !== 'ready' || allocatedTo !== null || provider !== context.provider.name || pool !== context.pool.name) {
      await lease.release();
      return { kind: 'again' };
    }
    const { tenantName, requestor } = request.value;
    try {
      if (!(await this.answers(context, lease, signal))) {
        await lease.release();
        return { kind: 'again' };
      }
      const given = await this.give(context, lease, { allocatedTo: request.id, tenantName, requestor }, signal);
      if (given.kind === 'over') {
        await lease.release();
        return { kind: 'again', over: true };
      }
    } catch (error) {
      await lease.release();
      throw error;
    }
    request.counted();
    return { kind: 'node', lease };
  }

  /** A node that goes over to another tenant counts against that one's limits from then on. */
  private give(
    context: AcquisitionContext,
    lease: RecordLease<Node>,
    change: Pick<Node, 'allocatedTo' | 'tenantName' | 'requestor'>,
    signal: AbortSignal,
  ): Promise<Guarded<Node>> {
    const { tenantName, resources, type } = lease.current.value;
    const tenant = change.tenantName === tenantName ? null : change.tenantName;
    const provider = context.provider.name;
    const size = resources ?? this.drivers.resourcesOf(provider, context.pool.name, type[0]);
    return this.guard.add({ provider, pool: null, tenant, resources: size }, () => lease.update(change), signal);
  }

  /** Is the machine behind a free node still there? One that is not is withdrawn until it answers again (spec LAUNCHER 2.6-5a). */
  private async answers(context: AcquisitionContext, lease: RecordLease<Node>, signal: AbortSignal): Promise<boolean> {
    const { fixed } = context.driver;
    if (!fixed) return true;
    const either = linkAbort(signal, lease.signal);
    try {
      await checkStaticNode(fixed, context.pool, lease.current.value, either.signal);
      return true;
    } catch (error) {
      either.signal.throwIfAborted();
      this.services.logger.warn(`Node ${lease.id} does not answer and is withdrawn`, {
        node: lease.id,
        ...errorFields(error),
      });
      const because = {
        code: 'MACHINE_UNFIT',
        machine: machineOf(lease.current.value),
        problem: asError(error).message,
      } as const;
      const subject = { kind: 'node', id: lease.id, decider: context.launcherId } as const;
      this.services.journal.record(subject, { verdict: 'withdraw', because: [because] });
      await moveNode(lease, 'deleting');
      return false;
    } finally {
      either.dispose();
    }
  }
}
