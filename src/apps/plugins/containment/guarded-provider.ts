import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../../domain/config/config.js';
import type { FixedSlot } from '../../../domain/model/fixed-slot.js';
import type { Resources } from '../../../domain/model/quota.js';
import type { CloudImage, ImageProvider, ImageUploadSpec } from '../../../ports/compute/images.js';
import type {
  AccountInstance,
  FixedMachines,
  Instance,
  InstanceSpec,
  LabelReadiness,
  Provider,
} from '../../../ports/compute/provider.js';
import * as answers from './answers.js';
import type { CallGuard } from './call-guard.js';
import { ReuseCheck } from './reuse-check.js';

/** Seconds a call may take, where the configuration says nothing. */
const START = 120;
const STOP = 60;
const ASK = 120;
const DELETE = 600;
/** A look at what `create` answered must not hold up launches. */
const LIST_DEADLINE = 20;

/** A provider of a driver from outside, behind its guard. */
export class GuardedProvider implements Provider {
  private readonly keepsImages: GuardedImages;
  private readonly reuse: ReuseCheck;

  constructor(
    private readonly inner: Provider,
    private readonly guard: CallGuard,
    private readonly config: ProviderConfig,
    private readonly managesImages: boolean,
  ) {
    this.keepsImages = new GuardedImages(() => inner.images, guard, config);
    const list = (signal: AbortSignal): unknown => inner.list(signal);
    this.reuse = new ReuseCheck(
      () => this.call('list', LIST_DEADLINE, new AbortController().signal, list, answers.accountInstances),
      guard.faults,
    );
    const fixed = guard.now(
      'fixed',
      () => inner.fixed ?? null,
      answers.part<FixedMachines>,
      () => null,
    );
    this.fixed = fixed ? new GuardedMachines(fixed, guard) : null;
  }

  /** Known for sure only after the start. */
  get images(): ImageProvider | null {
    const images = (): unknown => (this.managesImages ? this.inner.images : null);
    return this.guard.now('images', images, answers.part<ImageProvider>, () => null) && this.keepsImages;
  }

  readonly fixed: FixedMachines | null;

  start(signal: AbortSignal): Promise<void> {
    return this.call('start', START, signal, (inner) => this.inner.start(inner), answers.nothing);
  }

  stop(): Promise<void> {
    return this.call('stop', STOP, new AbortController().signal, () => this.inner.stop(), answers.nothing);
  }

  labelReady(pool: PoolConfig, label: PoolLabelConfig): LabelReadiness {
    const ask = (): unknown => this.inner.labelReady(pool, label);
    return this.guard.now('labelReady', ask, answers.readiness, (problem) => ({ ready: false, problem }));
  }

  resourcesOf(pool: PoolConfig, label: PoolLabelConfig): Resources {
    const ask = (): unknown => this.inner.resourcesOf(pool, label);
    return this.guard.now('resourcesOf', ask, answers.nodeResources, () => ({ instances: 1 }));
  }

  limits(signal: AbortSignal): Promise<Resources> {
    return this.call('limits', ASK, signal, (inner) => this.inner.limits(inner), answers.resources);
  }

  availabilityZones(signal: AbortSignal): Promise<readonly string[]> {
    return this.call('availabilityZones', ASK, signal, (inner) => this.inner.availabilityZones(inner), answers.zones);
  }

  async create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    const { launchTimeout } = this.config;
    const work = (inner: AbortSignal): unknown => this.inner.create(spec, inner);
    const externalId = await this.call('create', launchTimeout, signal, work, answers.externalId);
    await this.reuse.check(externalId, spec, signal);
    return externalId;
  }

  waitUntilRunning(externalId: string, spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    const wait = (inner: AbortSignal): unknown => this.inner.waitUntilRunning(externalId, spec, inner);
    return this.call('waitUntilRunning', this.config.launchTimeout, signal, wait, answers.instance(externalId));
  }

  delete(externalId: string, signal: AbortSignal): Promise<void> {
    return this.call('delete', DELETE, signal, (inner) => this.inner.delete(externalId, inner), answers.nothing);
  }

  list(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    return this.call('list', ASK, signal, (inner) => this.inner.list(inner), answers.accountInstances);
  }

  consoleLog(externalId: string, signal: AbortSignal): Promise<string | null> {
    const ask = (inner: AbortSignal): unknown => this.inner.consoleLog(externalId, inner);
    return this.call('consoleLog', ASK, signal, ask, answers.consoleText);
  }

  private call<T>(
    name: string,
    deadline: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => unknown,
    read: (answer: unknown) => T,
  ): Promise<T> {
    return this.guard.call({ name, deadline, signal, work, read });
  }
}

class GuardedImages implements ImageProvider {
  constructor(
    private readonly inner: () => ImageProvider | null,
    private readonly guard: CallGuard,
    private readonly config: ProviderConfig,
  ) {}

  upload(spec: ImageUploadSpec, signal: AbortSignal): Promise<string> {
    const work = (inner: AbortSignal): unknown => this.images().upload(spec, inner);
    const deadline = this.config.imageUploadTimeout;
    return this.guard.call({ name: 'images.upload', deadline, signal, work, read: answers.externalId });
  }

  remove(externalId: string, signal: AbortSignal): Promise<void> {
    const work = (inner: AbortSignal): unknown => this.images().remove(externalId, inner);
    return this.guard.call({ name: 'images.remove', deadline: DELETE, signal, work, read: answers.nothing });
  }

  list(signal: AbortSignal): Promise<readonly CloudImage[]> {
    const work = (inner: AbortSignal): unknown => this.images().list(inner);
    return this.guard.call({ name: 'images.list', deadline: ASK, signal, work, read: answers.cloudImages });
  }

  private images(): ImageProvider {
    const images = this.inner();
    if (!images) throw new answers.NonsenseError('it promised to keep disk images, and does not');
    return images;
  }
}

class GuardedMachines implements FixedMachines {
  constructor(
    private readonly inner: FixedMachines,
    private readonly guard: CallGuard,
  ) {}

  slots(pool: PoolConfig): readonly FixedSlot[] {
    return this.guard.now(
      'fixed.slots',
      () => this.inner.slots(pool),
      answers.slots,
      () => [],
    );
  }

  check(slot: FixedSlot, signal: AbortSignal): Promise<{ readonly hostKeys: readonly string[] }> {
    const work = (inner: AbortSignal): unknown => this.inner.check(slot, inner);
    return this.guard.call({ name: 'fixed.check', deadline: DELETE, signal, work, read: answers.machineCheck });
  }
}
