import type { Resources } from '../../domain/model/quota.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { CloudImage, ImageUploadSpec } from '../../ports/compute/images.js';
import type { AccountInstance } from '../../ports/compute/provider.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';
import { FakeApi } from './fake-api.js';
import type { FakeCall, FakeCallCounts, FakeCallKind, FakeFaultTarget } from './fake-call.js';
import type { FakeFault } from './fake-faults.js';
import { FakeHypervisor } from './fake-hypervisor.js';
import type { FakeServerRequest } from './fake-hypervisor.js';
import { FakeImageStore } from './fake-image-store.js';
import type { FakeImage } from './fake-image-store.js';
import { FakeInventory } from './fake-inventory.js';
import { DEFAULT_KNOBS, draw } from './fake-knobs.js';
import type { FakeKnobs } from './fake-knobs.js';
import type { FakeServerView } from './fake-server.js';

/**
 * A cloud in memory, with knobs for time, quota and trouble (spec BUILDER 6.14). One object stands for one cloud account: all
 * providers of the process that name the same cloud share it.
 *
 * The methods of the first half are the cloud's API: each takes its latency, may be hit by a fault, is recorded, and ends with the
 * signal's reason when aborted. Those of the second half are for whoever runs the cloud: they act at once.
 */
export class FakeCloud {
  private readonly api: FakeApi;
  private readonly inventory: FakeInventory;
  private readonly imageStore = new FakeImageStore();
  private readonly hypervisor: FakeHypervisor;
  private readonly initial: FakeKnobs;
  private current: FakeKnobs;
  private hidden: (server: FakeServerView) => boolean = () => false;

  constructor(
    readonly name: string,
    private readonly clock: Clock,
    private readonly random: Random,
    knobs: Partial<FakeKnobs> = {},
  ) {
    this.initial = { ...DEFAULT_KNOBS, ...knobs };
    this.current = this.initial;
    const now = (): FakeKnobs => this.current;
    this.api = new FakeApi(clock, random, now);
    this.inventory = new FakeInventory(clock);
    this.hypervisor = new FakeHypervisor(clock, random, now, this.api.faults, this.inventory, this.imageStore);
  }

  // ---- the API

  checkCredentials(provider: string, signal: AbortSignal): Promise<void> {
    return this.api.call('start', { provider }, signal, () => undefined);
  }

  /** Answers the id of the server, the existing one if the node has one that is not broken. @throws ProviderError */
  createServer(request: FakeServerRequest, signal: AbortSignal): Promise<string> {
    const args = { provider: request.provider, node: request.nodeId, zone: request.zone, name: request.name };
    return this.api.call('create', args, signal, () => this.hypervisor.accept(request, args));
  }

  /** Resolves when the server is active. @throws ProviderError when it is broken or gone */
  waitForServer(id: string, signal: AbortSignal): Promise<FakeServerView> {
    return this.api.call('wait', { id }, signal, async () => {
      const server = this.inventory.find(id);
      await server?.until(['active', 'error', 'deleting', 'gone'], signal);
      if (server?.status === 'active') return server.view();
      if (server?.fault) throw server.fault;
      throw new ProviderError('not-found', `Server ${id} does not exist`, { metric: 'error.status' });
    });
  }

  /** Resolves when the server is gone, or says to be. */
  deleteServer(id: string, signal: AbortSignal): Promise<void> {
    return this.api.call('delete', { id }, signal, async () => {
      const server = this.inventory.find(id);
      if (server && this.hypervisor.startDeleting(server)) await server.until(['gone'], signal);
    });
  }

  listServers(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    return this.api.call('list', {}, signal, () => this.visibleServers());
  }

  limits(signal: AbortSignal): Promise<Resources> {
    return this.api.call('limits', {}, signal, () => ({ ...this.current.quota }));
  }

  zones(signal: AbortSignal): Promise<readonly string[]> {
    return this.api.call('zones', {}, signal, () => [...this.current.zones]);
  }

  console(id: string, signal: AbortSignal): Promise<string | null> {
    return this.api.call('console', { id }, signal, () => (this.inventory.find(id) ? this.current.consoleText : null));
  }

  /** Answers an id of 32 hex digits. */
  uploadImage(spec: ImageUploadSpec, signal: AbortSignal): Promise<string> {
    return this.api.call('image-upload', { name: spec.name, format: spec.format }, signal, async () => {
      await this.api.pass(draw(this.current.uploadTime, this.random), signal);
      FakeImageStore.check(spec);
      const id = this.random.hexId();
      this.imageStore.add(id, spec);
      return id;
    });
  }

  deleteImage(id: string, signal: AbortSignal): Promise<void> {
    return this.api.call('image-delete', { id }, signal, () => this.imageStore.remove(id));
  }

  listImages(signal: AbortSignal): Promise<readonly CloudImage[]> {
    return this.api.call('image-list', {}, signal, () => this.imageStore.all);
  }

  // ---- for whoever runs the cloud

  get knobs(): FakeKnobs {
    return this.current;
  }

  /** Changes some knobs; calls and servers under way keep the times they drew. */
  set(knobs: Partial<FakeKnobs>): void {
    this.current = { ...this.current, ...knobs };
  }

  /** Arms a fault; answers the way to take it back. */
  addFault(fault: FakeFault): () => void {
    return this.api.faults.add(fault);
  }

  failNext(target: FakeFaultTarget, times = 1, fault: Omit<FakeFault, 'target' | 'times' | 'effect'> = {}): void {
    this.api.faults.add({ ...fault, target, times, effect: 'fail' });
  }

  hangNext(target: FakeFaultTarget, times = 1): void {
    this.api.faults.add({ target, times, effect: 'hang' });
  }

  clearFaults(): void {
    this.api.faults.clear();
  }

  /** The next deletes are reported done, but the servers stay. */
  leakNext(deletes: number): void {
    this.hypervisor.leakNext(deletes);
  }

  /** Lists leave out servers of which this is true. */
  hideFromLists(hidden: (server: FakeServerView) => boolean): void {
    this.hidden = hidden;
  }

  /** All servers that exist, whatever lists say. */
  get servers(): readonly FakeServerView[] {
    return this.inventory.all.map((server) => server.view());
  }

  get images(): readonly FakeImage[] {
    return this.imageStore.all;
  }

  /** A server of somebody else in the same account, active at once. Answers its id. */
  addForeignServer(resources: Resources, metadata: Readonly<Record<string, string>> = {}): string {
    const id = this.random.uuid();
    const facts = {
      id,
      name: `foreign-${id}`,
      owner: null,
      metadata,
      resources,
      zone: null,
      image: null,
      hosted: true,
    };
    this.inventory.add({ ...facts, createdAt: this.clock.now(), listedFrom: 0 }).become('active');
    return id;
  }

  /** Somebody else deletes a server: it is gone at once. */
  removeServer(id: string): void {
    const server = this.inventory.find(id);
    if (server) this.hypervisor.remove(server);
  }

  /** A server breaks. */
  breakServer(id: string, problem: string): void {
    const fault = new ProviderError('transient', problem, { metric: 'error.status', externalId: id });
    this.inventory.find(id)?.fail(fault);
  }

  /** Somebody else deletes a disk image. */
  removeImage(id: string): void {
    this.imageStore.remove(id);
  }

  /** The last calls, oldest first: at least the last thousand if there were that many. */
  get calls(): readonly FakeCall[] {
    return this.api.log.calls;
  }

  /** How often such a call was made, and how those ended. */
  count(kind: FakeCallKind): Readonly<FakeCallCounts> {
    return this.api.log.count(kind);
  }

  clearCalls(): void {
    this.api.log.clear();
  }

  /** Back to the state after construction: no servers, images, faults or calls, knobs as given then. */
  reset(): void {
    this.inventory.clear();
    this.imageStore.clear();
    this.api.faults.clear();
    this.api.log.clear();
    this.current = this.initial;
    this.hypervisor.leakNext(0);
    this.hidden = () => false;
  }

  private visibleServers(): readonly AccountInstance[] {
    const { listOmission } = this.current;
    const now = this.clock.monotonic();
    const shown = this.inventory.all
      .filter((server) => server.facts.listedFrom <= now)
      .filter((server) => !this.hidden(server.view()))
      .map((server) => server.facts);
    return [...shown, ...this.inventory.afterglow]
      .filter(() => listOmission <= 0 || this.random.next() >= listOmission)
      .map(({ id, metadata, resources }) => ({ externalId: id, metadata, resources }));
  }
}
