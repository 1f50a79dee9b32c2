/** The driver of the guide as it was printed for API 1.0. It goes by provider and node number, and must never pass again. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountInstance, Instance, InstanceSpec, Provider } from '../../../src/ports/compute/provider.js';
import { ProviderError } from '../../../src/ports/compute/errors.js';

interface Machine {
  readonly metadata: Readonly<Record<string, string>>;
}

export class ShedProvider implements Provider {
  readonly images = null;
  readonly fixed = null;

  constructor(
    private readonly name: string,
    private readonly settings: { readonly folder: string; size: number },
    /** How today's guide tells machines apart, or how the one for API 1.0 did. */
    private readonly idOf: (spec: InstanceSpec) => string = (spec) => `${this.name}-${spec.nodeId}`,
  ) {}

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await mkdir(this.settings.folder, { recursive: true });
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  labelReady(): { readonly ready: boolean } {
    return { ready: true };
  }

  resourcesOf(): { readonly instances: number } {
    return { instances: 1 };
  }

  limits(): Promise<{ readonly instances: number }> {
    return Promise.resolve({ instances: this.settings.size });
  }

  availabilityZones(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async create(spec: InstanceSpec, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const id = this.idOf(spec);
    const machines = await this.list(signal);
    if (machines.some(({ externalId }) => externalId === id)) return id;
    if (machines.length >= this.settings.size) throw new ProviderError('quota', 'The shed is full');
    await writeFile(this.fileOf(id), JSON.stringify({ metadata: spec.metadata }), { flag: 'wx' });
    return id;
  }

  async waitUntilRunning(externalId: string, _spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    signal.throwIfAborted();
    if (!(await this.read(externalId))) throw new ProviderError('not-found', `Machine ${externalId} is gone`);
    return { externalId, interfaceIp: '127.0.0.1', cloud: 'shed', az: null } as Instance;
  }

  async delete(externalId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await rm(this.fileOf(externalId), { force: true });
  }

  async list(signal: AbortSignal): Promise<readonly AccountInstance[]> {
    signal.throwIfAborted();
    const names = await readdir(this.settings.folder);
    const machines = await Promise.all(
      names.map(async (name) => {
        const externalId = decodeURIComponent(name.replace(/\.json$/, ''));
        const machine = await this.read(externalId);
        return machine && { externalId, metadata: machine.metadata, resources: { instances: 1 } };
      }),
    );
    return machines.filter((machine) => machine !== null);
  }

  consoleLog(): Promise<null> {
    return Promise.resolve(null);
  }

  private fileOf(externalId: string): string {
    return join(this.settings.folder, `${encodeURIComponent(externalId)}.json`);
  }

  private async read(externalId: string): Promise<Machine | null> {
    try {
      return JSON.parse(await readFile(this.fileOf(externalId), 'utf8')) as Machine;
    } catch {
      return null;
    }
  }
}
