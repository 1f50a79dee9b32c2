import type { CloudImage, ImageProvider, ImageUploadSpec } from '../../ports/compute/images.js';
import type { AccountInstance, Instance, InstanceSpec, Provider } from '../../ports/compute/provider.js';
import { CheckSkipped, ensure, shown } from './check-failure.js';
import type { BenchSpec, DriverBench, Knob } from './driver-bench.js';
import { never } from './never.js';
import { installationMark, instanceKey, isOfAnother } from '../../domain/decide/installation.js';

/** Where nodes of a check are at home, unless it says otherwise. */
const HERE = '00000000000000000000000000000001';

/** One check under way: what it may do with the driver, and what it has to clean up afterwards. */
export class Trial {
  /** Instances that were there before, of whomever. */
  private before = new Set<string>();
  private readonly made = new Set<string>();
  private readonly uploaded = new Set<string>();
  private readonly opened: Provider[] = [];

  constructor(readonly bench: DriverBench) {}

  get provider(): Provider {
    return this.bench.provider;
  }

  get launches(): boolean {
    return this.provider.fixed === null;
  }

  async begin(): Promise<void> {
    this.opened.push(this.provider);
    await this.run(this.provider.start(never));
    this.before = new Set((await this.run(this.provider.list(never))).map(({ externalId }) => externalId));
  }

  /** Deletes what the check has left, and ends all providers. Answers the ids of instances that could not be deleted. Never rejects. */
  async end(): Promise<readonly string[]> {
    const images = this.provider.images;
    const failed: string[] = [];
    for (const id of this.made) if (!(await this.quietly(() => this.provider.delete(id, never)))) failed.push(id);
    const left = await this.stillThere(failed);
    for (const id of images ? this.uploaded : [])
      await this.quietly(() => images?.remove(id, never) ?? Promise.resolve());
    for (const provider of this.opened) await this.quietly(() => provider.stop());
    await this.quietly(() => this.bench.close());
    return left;
  }

  /** What is listed of our own making after all has been deleted; if nothing can be listed, what could not be deleted. */
  private async stillThere(failed: readonly string[]): Promise<readonly string[]> {
    if (this.made.size === 0) return [];
    try {
      const listed = new Set((await this.run(this.provider.list(never))).map(({ externalId }) => externalId));
      return [...this.made].filter((id) => listed.has(id));
    } catch {
      return failed;
    }
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.bench.run(promise);
  }

  /** A spec of an image that does not exist. */
  unknownImageSpec(): InstanceSpec {
    const { specOfUnknownImage, unknownImage, capabilities } = this.bench;
    if (specOfUnknownImage) return this.completed(specOfUnknownImage(numbered(1)), HERE);
    if (capabilities?.imageless) throw new CheckSkipped('the bench has no label with an image that does not exist');
    return { ...this.spec(), image: unknownImage };
  }

  /** @param installation whose node it is; numbers are the same in all of them */
  spec(number = 1, installation = HERE): InstanceSpec {
    return this.completed(this.bench.spec(numbered(number)), installation);
  }

  private completed(spec: BenchSpec, installation: string): InstanceSpec {
    return {
      ...spec,
      idempotencyKey: instanceKey(installation, spec.pool.provider, spec.nodeId),
      metadata: { ...spec.metadata, ...installationMark(installation) },
    };
  }

  async create(spec: InstanceSpec, signal: AbortSignal = never): Promise<string> {
    const id = await this.run(this.provider.create(spec, signal));
    ensure(typeof id === 'string' && id !== '', `create answers the id of the instance, not ${shown(id)}`);
    this.made.add(id);
    return id;
  }

  wait(externalId: string, spec: InstanceSpec, signal: AbortSignal = never): Promise<Instance> {
    return this.run(this.provider.waitUntilRunning(externalId, spec, signal));
  }

  async launch(spec: InstanceSpec): Promise<Instance> {
    return this.wait(await this.create(spec), spec);
  }

  delete(externalId: string, signal: AbortSignal = never): Promise<void> {
    return this.run(this.provider.delete(externalId, signal));
  }

  /** What has come into the account since the check began. */
  async listed(provider = this.provider): Promise<readonly AccountInstance[]> {
    const all: readonly AccountInstance[] = await this.run(provider.list(never));
    ensure(isList(all), `list answers a list, not ${shown(all)}`);
    const ours = all.filter(({ externalId }) => !this.before.has(externalId));
    for (const { externalId } of ours) this.made.add(externalId);
    return ours;
  }

  async listedIds(): Promise<readonly string[]> {
    return (await this.listed()).map(({ externalId }) => externalId).sort();
  }

  /** The instances of a node. */
  async ofNode(spec: InstanceSpec, provider = this.provider): Promise<readonly AccountInstance[]> {
    return (await this.listed(provider)).filter(
      ({ metadata }) => metadata['nodepool_node_id'] === spec.nodeId && !isOfAnother(metadata, spec.metadata),
    );
  }

  /** The error of a call that has to fail. May be awaited later: until then nobody misses it. */
  failure(what: string, promise: Promise<unknown>): Promise<Error> {
    const failing = this.failureOf(what, promise);
    failing.catch(() => undefined);
    return failing;
  }

  private async failureOf(what: string, promise: Promise<unknown>): Promise<Error> {
    const outcome = await this.run(
      promise.then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error }),
      ),
    );
    ensure('error' in outcome, `${what} has to fail, but answered ${shown('answer' in outcome ? outcome.answer : '')}`);
    ensure(outcome.error instanceof Error, `${what} fails with an Error, not with ${shown(outcome.error)}`);
    return outcome.error;
  }

  async turn(knob: Knob | undefined, what: string): Promise<void> {
    if (!knob) throw new CheckSkipped(`the bench cannot ${what}`);
    await knob();
  }

  reopen(): Provider {
    if (!this.bench.reopen) throw new CheckSkipped('the bench cannot make a second provider');
    const provider = this.bench.reopen();
    this.opened.push(provider);
    return provider;
  }

  async reopened(): Promise<Provider> {
    const provider = this.reopen();
    await this.run(provider.start(never));
    return provider;
  }

  images(): { readonly images: ImageProvider; readonly spec: ImageUploadSpec } {
    const { images } = this.provider;
    if (!images) throw new CheckSkipped('the provider keeps no disk images');
    if (!this.bench.upload) throw new CheckSkipped('the bench has nothing to upload');
    return { images, spec: this.bench.upload };
  }

  async upload(spec: ImageUploadSpec): Promise<string> {
    const id = await this.run(this.images().images.upload(spec, never));
    ensure(typeof id === 'string' && id !== '', `upload answers the id of the image, not ${shown(id)}`);
    this.uploaded.add(id);
    return id;
  }

  listedImages(): Promise<readonly CloudImage[]> {
    return this.run(this.images().images.list(never));
  }

  /** Answers whether it succeeded: the check has its result already. */
  private async quietly(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.run(work());
      return true;
    } catch {
      return false;
    }
  }
}

function numbered(number: number): string {
  return String(number).padStart(10, '0');
}

function isList(value: unknown): boolean {
  return Array.isArray(value);
}
