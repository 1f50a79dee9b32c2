import { chooseImage } from '../../domain/decide/choose-image.js';
import type { ImageChoice } from '../../domain/decide/choose-image.js';
import { dynamicProperties, formatHostname, instanceMetadata } from '../../domain/decide/instance-metadata.js';
import { instanceKey } from '../../domain/decide/installation.js';
import type { AllocationStep } from '../../domain/decide/allocation.js';
import type { PoolLabelConfig } from '../../domain/config/config.js';
import type { Node } from '../../domain/model/node.js';
import { NODE_DEFAULTS } from '../../domain/model/node.js';
import type { Stored } from '../../domain/model/stored.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { InstanceSpec } from '../../ports/compute/provider.js';
import { RecordChangedError } from '../../ports/records/record-lease.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { Acquired, AcquisitionContext, AcquisitionFor } from './acquired.js';
import type { CircuitBreakers } from './circuit-breaker.js';
import type { Guarded, LimitGuard } from './limit-guard.js';
import { gatheredFrom, NodeLaunch } from './node-launch.js';
import type { LaunchJob, LaunchOutcome } from './node-launch.js';
import type { ProviderCapacity } from './provider-capacity.js';
import type { Reservation } from './reservation.js';
import type { LauncherServices } from './services.js';
import type { UnbornNodes } from './unborn-nodes.js';
import { moveNode } from './moves.js';

type Attempts = Pick<LaunchJob, 'permission' | 'spent'>;

/** Makes new nodes for requests: the record first, then the instance (spec LAUNCHER 2.6-5c, 2.7). */
export class NodeCreation {
  constructor(
    private readonly services: LauncherServices,
    private readonly capacity: ProviderCapacity,
    private readonly breakers: CircuitBreakers,
    private readonly guard: LimitGuard,
    private readonly unborn: Pick<UnbornNodes, 'begin'>,
  ) {}

  /** Commits the reservation when the record is there. @throws what keeps the record from being made or written */
  async create(
    context: AcquisitionContext,
    reservation: Reservation,
    spent: number,
    request: AcquisitionFor,
    signal: AbortSignal,
  ): Promise<Acquired> {
    const label = context.pool.labels.get(reservation.step.label);
    if (!label) throw new Error(`pool ${context.pool.name} has no label ${reservation.step.label}`);
    const creation = this.unborn.begin();
    try {
      const created = await this.record(context, reservation, request, signal);
      if (created.kind === 'over') return { kind: 'again', spent, over: true };
      creation.made(created.value.id);
      reservation.commit();
      request.counted();
      const outcome = await this.services.records.nodes.lockCreated(created.value);
      if (outcome.kind !== 'locked') return { kind: 'again' };
      const attempts = { permission: reservation.permission, spent };
      return await this.launchUnlessLetGo(context, outcome.lease, label, request, attempts, signal);
    } finally {
      creation.end();
    }
  }

  private async record(
    context: AcquisitionContext,
    { step }: Reservation,
    request: AcquisitionFor,
    signal: AbortSignal,
  ): Promise<Guarded<Stored<Node>>> {
    if (step.kind !== 'create') throw new Error(`nothing is to be created for label ${step.label}`);
    return this.guard.add(
      {
        provider: context.provider.name,
        pool: context.pool.name,
        tenant: request.value.tenantName,
        resources: step.resources,
      },
      () => this.services.records.nodes.create(newNode(context, request, step, this.services.clock.now())),
      signal,
    );
  }

  private async launchUnlessLetGo(
    context: AcquisitionContext,
    lease: RecordLease<Node>,
    label: PoolLabelConfig,
    request: AcquisitionFor,
    attempts: Attempts,
    signal: AbortSignal,
  ): Promise<Acquired> {
    const letGo = (): void => void lease.release();
    signal.addEventListener('abort', letGo, { once: true });
    if (signal.aborted) letGo();
    try {
      const acquired = await this.launch(context, lease, label, request, attempts);
      // Let go in the very moment in which it got ready: it is not ours to hand out.
      return acquired.kind === 'node' && signal.aborted ? { kind: 'lost' } : acquired;
    } catch (error) {
      // What is left of it is looked after as soon as nobody has its lock.
      await lease.release();
      throw error;
    } finally {
      signal.removeEventListener('abort', letGo);
    }
  }

  private async launch(
    context: AcquisitionContext,
    lease: RecordLease<Node>,
    label: PoolLabelConfig,
    request: AcquisitionFor,
    attempts: Attempts,
  ): Promise<Acquired> {
    const { provider, pool, driver } = context;
    const logger = this.services.logger.child('NodeLauncher', {
      node: lease.id,
      request: request.id,
      eventId: request.value.eventId,
    });
    const choice = this.chooseImage(context, label);
    const { node, connection } = choice;
    const values = { label: label.name, provider: provider.name, nodeId: lease.id };
    const hostname = formatHostname(provider.hostnameFormat, values);
    const { type: connectionType, port: connectionPort } = connection;
    if (!(await this.begin(lease, { ...node, hostname, connectionType, connectionPort }))) return { kind: 'again' };
    logger.info(`Launching ${label.name} in ${provider.name}/${pool.name}`);
    const outcome = await new NodeLaunch(this.services, logger, {
      ...attempts,
      lease,
      provider: driver,
      config: provider,
      scan: label.hostKeyChecking ? gatheredFrom(connection.type) : 'none',
      breaker: this.breakers.of(provider.name),
      connection,
      spec: this.describe(context, lease, label, request, { choice, hostname, logger }),
    }).run();
    return this.afterLaunch(provider.name, lease, outcome, attempts);
  }

  /** Answers whether it has begun: somebody may have taken the node before we had its lock, an operator to hold it, say. */
  private async begin(lease: RecordLease<Node>, facts: Partial<Node>): Promise<boolean> {
    try {
      await moveNode(lease, 'building', facts);
      return true;
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error;
      await lease.release();
      return false;
    }
  }

  private describe(
    { provider, pool }: AcquisitionContext,
    lease: RecordLease<Node>,
    label: PoolLabelConfig,
    request: AcquisitionFor,
    { choice, hostname, logger }: { readonly choice: ImageChoice; readonly hostname: string; readonly logger: Logger },
  ): InstanceSpec {
    const { installation } = this.services.records;
    const dynamic = dynamicProperties(label.dynamicInstanceProperties, request.id, request.value);
    for (const problem of dynamic.problems) logger.error(`dynamic-instance-properties: ${problem}; it is left out`);
    return {
      nodeId: lease.id,
      idempotencyKey: instanceKey(installation.keyId, provider.name, lease.id),
      hostname,
      pool,
      label,
      image: choice.image,
      az: lease.current.value.az,
      metadata: instanceMetadata({
        nodeId: lease.id,
        pool: pool.name,
        provider: provider.name,
        label: label.name,
        image: choice.imageName,
        installation: installation.id,
        instanceProperties: { ...label.instanceProperties, ...dynamic.properties },
      }),
    };
  }

  private async afterLaunch(
    provider: string,
    lease: RecordLease<Node>,
    outcome: LaunchOutcome,
    { spent }: Attempts,
  ): Promise<Acquired> {
    if (outcome.kind === 'ready') {
      this.capacity.succeeded(provider);
      return { kind: 'node', lease };
    }
    await lease.release();
    switch (outcome.kind) {
      case 'lost':
        return { kind: 'lost' };
      case 'aborted':
        this.capacity.refused(provider, outcome.problem);
        return { kind: 'again', spent };
      case 'refused':
        return { kind: 'again', spent: outcome.spent };
      case 'failed': {
        const { attempts, problem } = outcome;
        return { kind: 'failed', because: [{ code: 'LAUNCH_FAILED', node: lease.id, attempts, problem }] };
      }
    }
  }

  private chooseImage({ provider }: AcquisitionContext, label: PoolLabelConfig): ImageChoice {
    const { view } = this.services.records.images;
    const choice = chooseImage(provider, label, (image) => view.uploads({ image }));
    if (!('problem' in choice)) return choice;
    if (choice.kind === 'not-configured') throw new ProviderError('configuration', choice.problem);
    throw new ProviderError('transient', choice.problem, { metric: 'error.nodepool' });
  }
}

function newNode(
  { provider, pool, launcherId }: AcquisitionContext,
  request: AcquisitionFor,
  { label, az, resources }: AllocationStep & { readonly kind: 'create' },
  now: number,
): Node {
  return {
    ...NODE_DEFAULTS,
    state: 'init',
    stateTime: now,
    createdTime: now,
    provider: provider.name,
    pool: pool.name,
    type: [label],
    allocatedTo: request.id,
    az,
    launcher: launcherId,
    attributes: pool.nodeAttributes,
    resources,
    tenantName: request.value.tenantName,
    requestor: request.value.requestor,
  };
}
