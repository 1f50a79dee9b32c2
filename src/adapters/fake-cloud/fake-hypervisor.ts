import type { Resources } from '../../domain/model/quota.js';
import { ProviderError } from '../../ports/compute/errors.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Random } from '../../ports/runtime/random.js';
import type { FakeCallArguments } from './fake-call.js';
import { faultError } from './fake-faults.js';
import type { FakeFaults } from './fake-faults.js';
import type { FakeImageStore } from './fake-image-store.js';
import type { FakeInventory } from './fake-inventory.js';
import { draw } from './fake-knobs.js';
import type { FakeKnobs } from './fake-knobs.js';
import type { FakeServer } from './fake-server.js';

export interface FakeServerRequest {
  readonly provider: string;
  readonly nodeId: string;
  /** Of two requests with the same key only one makes a server. */
  readonly key: string;
  readonly name: string;
  readonly zone: string | null;
  readonly resources: Resources;
  readonly metadata: Readonly<Record<string, string>>;
  readonly image: { readonly kind: 'diskimage' | 'cloud-image'; readonly id: string } | null;
}

/** The part of the fake cloud that makes servers, boots them and takes them down. */
export class FakeHypervisor {
  private leaksLeft = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly knobs: () => FakeKnobs,
    private readonly faults: FakeFaults,
    private readonly inventory: FakeInventory,
    private readonly images: FakeImageStore,
  ) {}

  /** Answers the id of the new server, or of the one the node has already unless that is broken. @throws ProviderError */
  accept(request: FakeServerRequest, args: FakeCallArguments): string {
    const owner = request.key;
    const existing = this.inventory.ownedBy(owner);
    if (existing?.status === 'building' || existing?.status === 'active') return existing.facts.id;
    // A broken server is replaced; one being deleted goes by itself.
    if (existing?.status === 'error') this.remove(existing);
    this.check(request);
    const { name, metadata, resources, zone, image } = request;
    const server = this.inventory.add({
      id: this.random.uuid(),
      name,
      owner,
      metadata,
      resources,
      zone: zone ?? this.knobs().zones[0] ?? null,
      image: image?.id ?? null,
      hosted: !this.inventory.overCapacity(this.knobs().capacity, resources),
      createdAt: this.clock.now(),
      listedFrom: this.clock.monotonic() + this.knobs().listLag,
    });
    this.startBooting(server, args);
    return server.facts.id;
  }

  /** Starts taking a server down. Answers false if that is but a claim and the server stays. */
  startDeleting(server: FakeServer): boolean {
    if (this.leaks()) return false;
    if (server.status === 'deleting') return true;
    server.become('deleting');
    this.after(draw(this.knobs().deleteTime, this.random), server, () => this.remove(server));
    return true;
  }

  remove(server: FakeServer): void {
    this.inventory.remove(server, this.knobs().listAfterglow);
  }

  leakNext(deletes: number): void {
    this.leaksLeft = deletes;
  }

  private check({ zone, image, resources }: FakeServerRequest): void {
    const { zones, quota } = this.knobs();
    if (zone !== null && !zones.includes(zone)) {
      throw new ProviderError('transient', `400: The requested availability zone ${zone} is not available`);
    }
    if (image && this.isMissing(image)) {
      throw new ProviderError('not-found', `Image ${image.id} could not be found`, { metric: 'error.nodepool' });
    }
    if (this.inventory.overLimit(quota, resources) !== undefined) {
      throw new ProviderError('quota', 'Quota exceeded for something', { metric: 'error.quota' });
    }
  }

  private isMissing({ kind, id }: NonNullable<FakeServerRequest['image']>): boolean {
    const { missingImages, unknownImages } = this.knobs();
    if (kind === 'cloud-image') return missingImages.includes(id);
    return this.images.wasDeleted(id) || (unknownImages === 'refuse' && !this.images.has(id));
  }

  private startBooting(server: FakeServer, args: FakeCallArguments): void {
    const fault = this.faults.take('boot', args);
    if (fault?.effect === 'hang' || fault?.effect === 'hang-after') return;
    this.after(draw(this.knobs().bootTime, this.random), server, () => {
      const { zone, id, hosted } = server.facts;
      if (!hosted || (zone !== null && this.knobs().fullZones.includes(zone))) {
        server.fail(
          new ProviderError('capacity', 'No valid host was found', { metric: 'error.capacity', externalId: id }),
        );
      } else if (fault) {
        const { kind, message } = faultError(fault);
        server.fail(new ProviderError(kind, message, { metric: fault.metric ?? 'error.status', externalId: id }));
      } else {
        server.become('active');
      }
    });
  }

  private after(seconds: number, server: FakeServer, step: () => void): void {
    if (seconds > 0) server.nextStep(this.clock.schedule(seconds, step));
    else step();
  }

  private leaks(): boolean {
    if (this.leaksLeft > 0) {
      this.leaksLeft -= 1;
      return true;
    }
    const { leakProbability } = this.knobs();
    return leakProbability > 0 && this.random.next() < leakProbability;
  }
}
