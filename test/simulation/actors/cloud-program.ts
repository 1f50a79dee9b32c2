import type { PoolConfig, ProviderConfig } from '../../../src/domain/config/config.js';
import type { InstanceImage } from '../../../src/domain/model/instance-image.js';
import { ProviderError } from '../../../src/ports/compute/errors.js';
import type { ImageUploadSpec } from '../../../src/ports/compute/images.js';
import type { InstanceSpec, Provider } from '../../../src/ports/compute/provider.js';
import type {
  ChildProgram,
  ChildProgramEnd,
  ChildPrograms,
  ChildProgramSpec,
} from '../../../src/ports/runtime/child-programs.js';
import { asError } from '../../../src/ports/toolkit/sleep.js';
import type { SimProcess } from '../kernel/sim-process.js';
import type { World } from '../world.js';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly key?: string;
  readonly params: Params;
}

/** Of all methods together: each has some of them. */
interface Params extends Pick<InstanceSpec, 'hostname' | 'az' | 'metadata'>, ImageUploadSpec {
  readonly node: string;
  readonly externalId: string;
  readonly image: InstanceImage;
  readonly pool: { readonly name: string };
  readonly label: { readonly name: string };
}

const NEVER = new AbortController().signal;

/** The programs of the driver `exec`, in memory: each drives a simulated cloud by what it is told line by line. */
export class CloudPrograms implements ChildPrograms {
  constructor(
    private readonly config: ProviderConfig,
    /** What is behind the program. */
    private readonly cloud: Provider,
    private readonly process: SimProcess,
    private readonly world: World,
  ) {}

  start(spec: ChildProgramSpec): ChildProgram {
    return new CloudProgram(spec, this.config, this.cloud, this.process, this.world);
  }
}

export class CloudProgram implements ChildProgram {
  readonly ended: Promise<ChildProgramEnd>;
  private end: (how: ChildProgramEnd) => void = () => undefined;
  private readonly calls = new Map<number, AbortController>();
  private unnamed = 0;

  constructor(
    private readonly spec: ChildProgramSpec,
    private readonly config: ProviderConfig,
    private readonly cloud: Provider,
    readonly process: SimProcess,
    private readonly world: World,
  ) {
    world.programs.add(this);
    this.ended = new Promise((resolve) => (this.end = (how) => process.run(() => resolve(how))));
  }

  get provider(): string {
    return this.config.name;
  }

  write(line: string): void {
    if (!this.world.programs.has(this)) return;
    const message = JSON.parse(line) as Request | { readonly cancel: number };
    if ('cancel' in message) return this.calls.get(message.cancel)?.abort(new Error('cancelled'));
    const call = new AbortController();
    this.calls.set(message.id, call);
    this.carryOut(message, call.signal).then(
      (result) => this.answer(message.id, { result: result ?? null }),
      (error: unknown) => this.answer(message.id, { error: wordsOf(error) }),
    );
  }

  kill(problem: string): void {
    this.over({ kind: 'killed', problem });
  }

  /** By itself: what it has begun goes on in the cloud, and nobody hears of it. */
  crash(): void {
    this.world.chronicle.say(this.process.name, `the program of ${this.provider} crashes`);
    this.over({ kind: 'exited', code: 1 });
  }

  async stop(): Promise<void> {
    this.over({ kind: 'exited', code: 0 });
    await this.ended;
  }

  private over(how: ChildProgramEnd): void {
    if (this.world.programs.delete(this)) this.end(how);
  }

  private answer(id: number, answer: object): void {
    this.calls.delete(id);
    if (!this.world.programs.has(this)) return;
    this.process.run(() => this.spec.onLine(JSON.stringify({ id, ...answer })));
  }

  private async carryOut(request: Request, signal: AbortSignal): Promise<unknown> {
    const { method, params } = request;
    const { images } = this.cloud;
    switch (method) {
      case 'hello':
        await this.cloud.start(NEVER);
        return HELLO;
      case 'label':
        return this.label(params);
      case 'limits':
        return this.cloud.limits(signal);
      case 'zones':
        return this.cloud.availabilityZones(signal);
      case 'create':
        return this.cloud.create(this.specOf(request), signal);
      case 'wait':
        return this.cloud.waitUntilRunning(params.externalId, this.specOf(request), signal);
      case 'delete':
        return this.cloud.delete(params.externalId, signal);
      case 'list':
        return this.cloud.list(signal);
      case 'console':
        return this.cloud.consoleLog(params.externalId, signal);
      case 'image-upload':
        return images?.upload(params, signal);
      case 'image-remove':
        return images?.remove(params.externalId, signal);
      case 'image-list':
        return images?.list(signal);
      default:
        throw new Error(`there is no method ${method}`);
    }
  }

  private label(params: Params): object {
    const { pool, label } = this.placeOf(params);
    return { ...this.cloud.labelReady(pool, label), resources: this.cloud.resourcesOf(pool, label) };
  }

  private specOf({ params, key }: Request): InstanceSpec {
    const { node, hostname, image, az, metadata } = params;
    // Without a key nothing is found again.
    const idempotencyKey = key ?? `unnamed ${this.process.name} ${(this.unnamed += 1)}`;
    return { ...this.placeOf(params), nodeId: node, idempotencyKey, hostname, image, az, metadata };
  }

  private placeOf({ pool: { name }, label: { name: labelName } }: Params): Pick<InstanceSpec, 'pool' | 'label'> {
    const pool: PoolConfig | undefined = this.config.pools.get(name);
    const label = pool?.labels.get(labelName);
    if (!pool || !label) throw new Error(`there is no label ${labelName} in pool ${name}`);
    return { pool, label };
  }
}

const HELLO = {
  protocol: '1.1',
  name: 'simulated',
  version: '1',
  capabilities: { images: true, quota: true, zones: true, console: true, labels: true },
};

function wordsOf(error: unknown): object {
  const { message } = asError(error);
  if (!(error instanceof ProviderError)) return { kind: 'transient', message };
  const { externalId, metric } = error.details;
  return { kind: error.kind, message, externalId, metric };
}
