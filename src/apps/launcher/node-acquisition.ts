import { currentUpload, uploadPath } from '../../domain/decide/current-image.js';
import { machineOf } from '../../domain/decide/fixed-machines.js';
import { dynamicProperties, formatHostname, instanceMetadata } from '../../domain/decide/instance-metadata.js';
import { instanceKey } from '../../domain/decide/installation.js';
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../domain/config/config.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { Node } from '../../domain/model/node.js';
import { NODE_DEFAULTS } from '../../domain/model/node.js';
import type { Resources } from '../../domain/model/quota.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { ConnectionLostError } from '../../ports/coordination/errors.js';
import type { InstanceImage, Provider } from '../../ports/compute/provider.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { asError, sleep } from '../../ports/runtime/clock.js';
import { linkAbort } from '../../ports/runtime/linked-abort.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { checkFixedNode } from './fixed-machines.js';
import type { LaunchGovernors } from './launch-governor.js';
import type { Guarded, LimitGuard } from './limit-guard.js';
import { gatheredFrom, NodeLaunch } from './node-launch.js';
import type { LaunchJob } from './node-launch.js';
import type { ResourceEstimate } from './node-index.js';
import type { ProviderCapacity } from './provider-capacity.js';
import type { Reservation } from './reservation.js';
import type { LauncherServices } from './services.js';
import { moveNode } from './moves.js';

/**
 * - `node`: ours, ready, allocated and locked.
 * - `again`: not this time (somebody took it or the room for it, or the cloud has none): decide anew. `spent`: attempts used up for
 *   it so far. `over`: a limit stood in the way, not the node.
 * - `failed`: the request cannot be served here.
 * - `lost`: the lease is gone, or we are ending.
 */
export type Acquired =
  | { readonly kind: 'node'; readonly lease: RecordLease<Node> }
  | { readonly kind: 'again'; readonly spent?: number; readonly over?: true }
  | { readonly kind: 'failed'; readonly because: readonly Reason[] }
  | { readonly kind: 'lost' };

export interface AcquisitionContext {
  readonly launcherId: string;
  readonly pool: PoolConfig;
  readonly provider: ProviderConfig;
  readonly driver: Provider;
}

export interface AcquisitionFor {
  readonly id: RequestId;
  readonly value: NodeRequest;
  /** The records count a node for it now. */
  readonly counted: () => void;
}

/** For a free node that somebody is just letting go, seconds. */
const REUSE_WAIT = 1;
/**
 * Before it is decided anew what a limit stood in the way of, seconds. There is no room now; and should the decision and the guard of the
 * limits ever disagree, they do not go round and round within one turn.
 */
const OVER_PAUSE = 0.1;
/** After a reconnect, for the mirror to show what was created unheard, seconds. */
const DOUBT = 2;

interface ImageChoice {
  readonly image: InstanceImage;
  readonly imageId: string | null;
  readonly imageName: string | null;
  readonly username: string | null;
  readonly pythonPath: string | null;
  readonly shellType: string | null;
  readonly connectionType: string | null;
  readonly connectionPort: number;
}

/** The driver knows by the label what to make, and tells afterwards how it is reached. */
const NO_IMAGE: ImageChoice = {
  image: { kind: 'none' },
  imageId: null,
  imageName: null,
  username: NODE_DEFAULTS.username,
  pythonPath: 'auto',
  shellType: null,
  connectionType: null,
  connectionPort: 22,
};

/** Carries out one allocation step: takes a free node, or creates a record and launches an instance (spec LAUNCHER 2.6, 2.7). */
export class NodeAcquisition {
  constructor(
    private readonly services: LauncherServices,
    private readonly capacity: ProviderCapacity,
    private readonly governors: LaunchGovernors,
    private readonly guard: LimitGuard,
    private readonly resourcesOf: ResourceEstimate,
  ) {}

  /** Never rejects; commits the reservation as soon as the records show what it stood for, and ends it. `spent`: attempts used up for it. */
  async acquire(
    context: AcquisitionContext,
    reservation: Reservation,
    spent: number,
    request: AcquisitionFor,
    signal: AbortSignal,
  ): Promise<Acquired> {
    const { step } = reservation;
    let uncertain = false;
    try {
      if (signal.aborted) return { kind: 'lost' };
      const acquired =
        step.kind === 'reuse'
          ? await this.reuse(context, step.node, request, signal)
          : await this.create(context, reservation, spent, request, signal);
      if (acquired.kind === 'again' && acquired.over) {
        reservation.release();
        await sleep(this.services.clock, OVER_PAUSE, signal);
      }
      return acquired;
    } catch (error) {
      uncertain = error instanceof ConnectionLostError;
      if (signal.aborted) return { kind: 'lost' };
      this.services.logger.error('Getting a node failed', {
        request: request.id,
        eventId: request.value.eventId,
        ...errorFields(error),
      });
      return { kind: 'failed', because: [{ code: 'HANDLER_ERROR', problem: String(error) }] };
    } finally {
      // The record may have been created although nobody told us: its room is kept until the mirror has had time to see it.
      if (uncertain) reservation.releaseLater(this.mirrored());
      else reservation.release();
    }
  }

  private async mirrored(): Promise<void> {
    const { clock, records } = this.services;
    await records.session.connected();
    await new Promise<void>((resolve) => clock.schedule(DOUBT, resolve));
  }

  private async reuse(
    context: AcquisitionContext,
    id: string,
    request: AcquisitionFor,
    signal: AbortSignal,
  ): Promise<Acquired> {
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
    const size = resources ?? this.resourcesOf(provider, context.pool.name, type[0] ?? '');
    return this.guard.add({ provider, pool: null, tenant, resources: size }, () => lease.update(change), signal);
  }

  /** Is the machine behind a free node still there? One that is not is withdrawn until it answers again (spec LAUNCHER 2.6-5a). */
  private async answers(context: AcquisitionContext, lease: RecordLease<Node>, signal: AbortSignal): Promise<boolean> {
    const { fixed } = context.driver;
    if (!fixed) return true;
    const either = linkAbort(signal, lease.signal);
    try {
      await checkFixedNode(fixed, context.pool, lease.current.value, either.signal);
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

  private async create(
    context: AcquisitionContext,
    reservation: Reservation,
    spent: number,
    request: AcquisitionFor,
    signal: AbortSignal,
  ): Promise<Acquired> {
    const { step } = reservation;
    const label = context.pool.labels.get(step.label);
    if (!label || step.kind !== 'create') throw new Error(`pool ${context.pool.name} has no label ${step.label}`);
    const guarded = await this.guard.add(
      {
        provider: context.provider.name,
        pool: context.pool.name,
        tenant: request.value.tenantName,
        resources: step.resources,
      },
      () => this.services.records.nodes.create(this.newNode(context, request, step.label, step.az, step.resources)),
      signal,
    );
    if (guarded.kind === 'over') return { kind: 'again', spent, over: true };
    const created = guarded.value;
    reservation.commit();
    request.counted();
    const outcome = await this.services.records.nodes.lockCreated(created);
    if (outcome.kind !== 'locked') return { kind: 'again' };
    const { lease } = outcome;
    const letGo = (): void => void lease.release();
    signal.addEventListener('abort', letGo, { once: true });
    if (signal.aborted) letGo();
    try {
      const acquired = await this.launch(context, lease, label, request, { permit: reservation.permit, spent });
      // Let go in the very moment in which it got ready: it is not ours to hand out.
      return acquired.kind === 'node' && signal.aborted ? { kind: 'lost' } : acquired;
    } catch (error) {
      await this.giveUp(lease);
      throw error;
    } finally {
      signal.removeEventListener('abort', letGo);
    }
  }

  /** The record must not stay as it is: nobody would ever look at an `init` node of a launcher that lives. */
  private async giveUp(lease: RecordLease<Node>): Promise<void> {
    try {
      const { state } = lease.current.value;
      if (!lease.signal.aborted && (state === 'init' || state === 'building')) await moveNode(lease, 'deleting');
    } catch (error) {
      this.services.logger.warn(`Node ${lease.id} could not be given up`, { node: lease.id, ...errorFields(error) });
    } finally {
      await lease.release();
    }
  }

  private newNode(
    context: AcquisitionContext,
    request: AcquisitionFor,
    label: string,
    az: string | null,
    resources: Resources,
  ): Node {
    const now = this.services.clock.now();
    return {
      ...NODE_DEFAULTS,
      state: 'init',
      stateTime: now,
      createdTime: now,
      provider: context.provider.name,
      pool: context.pool.name,
      type: [label],
      allocatedTo: request.id,
      az,
      launcher: context.launcherId,
      attributes: context.pool.nodeAttributes,
      resources,
      tenantName: request.value.tenantName,
      requestor: request.value.requestor,
    };
  }

  private async launch(
    context: AcquisitionContext,
    lease: RecordLease<Node>,
    label: PoolLabelConfig,
    request: AcquisitionFor,
    { permit, spent }: Pick<LaunchJob, 'permit' | 'spent'>,
  ): Promise<Acquired> {
    const logger = this.services.logger.child('NodeLauncher', {
      node: lease.id,
      request: request.id,
      eventId: request.value.eventId,
    });
    const choice = this.chooseImage(context.provider, label);
    const hostname = formatHostname(context.provider.hostnameFormat, {
      label: label.name,
      provider: context.provider.name,
      nodeId: lease.id,
    });
    await moveNode(lease, 'building', {
      hostname,
      imageId: choice.imageId,
      username: choice.username,
      pythonPath: choice.pythonPath,
      shellType: choice.shellType,
      connectionType: choice.connectionType,
      connectionPort: choice.connectionPort,
    });
    logger.info(`Launching ${label.name} in ${context.provider.name}/${context.pool.name}`);
    const dynamic = dynamicProperties(label.dynamicInstanceProperties, request.id, request.value);
    for (const problem of dynamic.problems) logger.error(`dynamic-instance-properties: ${problem}; it is left out`);
    const outcome = await new NodeLaunch(this.services, logger, {
      lease,
      provider: context.driver,
      config: context.provider,
      scan: label.hostKeyChecking ? gatheredFrom(choice.connectionType) : 'none',
      permit,
      spent,
      permits: this.governors.of(context.provider.name),
      connection: { type: choice.connectionType, port: choice.connectionPort },
      spec: {
        nodeId: lease.id,
        idempotencyKey: instanceKey(this.services.records.installation.keyId, context.provider.name, lease.id),
        hostname,
        pool: context.pool,
        label,
        image: choice.image,
        az: lease.current.value.az,
        metadata: instanceMetadata({
          nodeId: lease.id,
          pool: context.pool.name,
          provider: context.provider.name,
          label: label.name,
          image: choice.imageName,
          installation: this.services.records.installation.id,
          instanceProperties: { ...label.instanceProperties, ...dynamic.properties },
        }),
      },
    }).run();
    if (outcome.kind === 'ready') {
      this.capacity.succeeded(context.provider.name);
      return { kind: 'node', lease };
    }
    await lease.release();
    if (outcome.kind === 'lost') return { kind: 'lost' };
    if (outcome.kind === 'aborted') {
      this.capacity.refused(context.provider.name, outcome.problem);
      return { kind: 'again', spent };
    }
    if (outcome.kind === 'refused') return { kind: 'again', spent: outcome.spent };
    const { attempts, problem } = outcome;
    return { kind: 'failed', because: [{ code: 'LAUNCH_FAILED', node: lease.id, attempts, problem }] };
  }

  private chooseImage(provider: ProviderConfig, label: PoolLabelConfig): ImageChoice {
    if (label.image.kind === 'diskimage') return this.chooseUpload(provider, label.image.name);
    if (label.image.kind === 'cloud-image') return chooseCloudImage(provider, label.image.name);
    if (label.image.kind === 'settings') return NO_IMAGE;
    throw new ProviderError('configuration', `label ${label.name} has no image`);
  }

  private chooseUpload(provider: ProviderConfig, name: string): ImageChoice {
    const upload = currentUpload(this.services.records.images.view.uploads({ image: name }), provider.name);
    const config = provider.diskImages.get(name);
    if (!upload || upload.value.externalId === null) {
      throw new ProviderError('transient', `Unable to find current cloud image ${name} in ${provider.name}`, {
        metric: 'error.nodepool',
      });
    }
    return {
      image: { kind: 'diskimage', externalId: upload.value.externalId, configDrive: config?.configDrive ?? null },
      imageId: uploadPath(upload),
      imageName: name,
      username: upload.value.username,
      pythonPath: upload.value.pythonPath,
      shellType: upload.value.shellType,
      connectionType: config?.connectionType ?? 'ssh',
      connectionPort: config?.connectionPort ?? 22,
    };
  }
}

function chooseCloudImage(provider: ProviderConfig, name: string): ImageChoice {
  const config = provider.cloudImages.get(name);
  if (!config) throw new ProviderError('configuration', `cloud image ${name} is not configured in ${provider.name}`);
  const idOrName = config.imageId ?? config.imageName ?? config.name;
  return {
    image: { kind: 'cloud-image', idOrName, byId: config.imageId !== null, configDrive: config.configDrive },
    imageId: name,
    imageName: name,
    username: config.username,
    pythonPath: config.pythonPath,
    shellType: config.shellType,
    connectionType: config.connectionType,
    connectionPort: config.connectionPort,
  };
}
