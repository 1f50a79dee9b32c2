import { ProviderError } from '../../ports/compute/errors.js';
import { isVirshError, misconfigured } from './provider-failure.js';
import { bytesOf, factsOf, tableRows } from './tables.js';
import type { Virsh } from './virsh/virsh.js';
import { find, parseXml, textAt } from './xml.js';

export interface Volume {
  readonly name: string;
  readonly path: string;
  readonly capacity: number;
  readonly allocation: number;
}

export interface VolumeFacts {
  readonly name: string;
  readonly path: string;
  /** Bytes of the disk as a machine sees it. */
  readonly capacity: number;
  readonly format: string;
}

/** Pools whose volumes are files in a folder. */
const FOLDERS = ['dir', 'fs', 'netfs'];
const SLOW = 300;

/** The storage pool of a provider. A pool that is not active, as after a reboot, is started. */
export class Storage {
  private folder: string | undefined;

  constructor(
    private readonly virsh: Virsh,
    readonly pool: string,
  ) {}

  /** @throws ProviderError kind `configuration` if there is no such pool, or it is of another kind */
  async check(signal: AbortSignal): Promise<void> {
    this.folder = undefined;
    await this.target(signal);
    await this.info(signal);
  }

  /** The path that a volume of this name has on the host. */
  async pathOf(name: string, signal: AbortSignal): Promise<string> {
    return `${await this.target(signal)}/${name}`;
  }

  /** Bytes. */
  async info(signal: AbortSignal): Promise<{ readonly capacity: number; readonly available: number }> {
    const facts = factsOf(await this.active(['pool-info', '--pool', this.pool, '--bytes'], signal));
    return { capacity: Number(facts.get('capacity') ?? 0), available: Number(facts.get('available') ?? 0) };
  }

  async volumes(signal: AbortSignal): Promise<readonly Volume[]> {
    const text = await this.active(['vol-list', '--pool', this.pool, '--details'], signal);
    return tableRows(text).flatMap((cells) => {
      const [name, path, , capacity, allocation] = cells;
      if (name === undefined || path === undefined) return [];
      return [{ name, path, capacity: bytesOf(capacity), allocation: bytesOf(allocation) }];
    });
  }

  /** Null if there is no such volume. */
  async volume(name: string, signal: AbortSignal): Promise<VolumeFacts | null> {
    try {
      const xml = parseXml(await this.active(['vol-dumpxml', '--pool', this.pool, '--vol', name], signal));
      const format = find(xml, 'target', 'format')?.getAttribute('type') ?? 'raw';
      const path = textAt(xml, 'target', 'path') ?? (await this.pathOf(name, signal));
      return { name: textAt(xml, 'name') ?? name, path, capacity: Number(textAt(xml, 'capacity')), format };
    } catch (error) {
      if (isVirshError(error, 'not-found')) return null;
      throw error;
    }
  }

  /** Makes an empty volume in place of whatever has that name. */
  async create(
    name: string,
    bytes: number,
    format: string,
    signal: AbortSignal,
    options: readonly string[] = [],
  ): Promise<void> {
    const words = ['vol-create-as', '--pool', this.pool, '--name', name, '--capacity', String(Math.ceil(bytes))];
    const create = [...words, '--format', format, ...(format === 'raw' ? ['--allocation', '0'] : []), ...options];
    try {
      await this.active(create, signal);
    } catch (error) {
      if (!isVirshError(error, 'exists')) throw error;
      await this.remove(name, signal);
      await this.active(create, signal);
    }
  }

  createOverlay(name: string, bytes: number, image: VolumeFacts, signal: AbortSignal): Promise<void> {
    return this.create(name, bytes, 'qcow2', signal, [
      '--backing-vol',
      image.path,
      '--backing-vol-format',
      image.format,
    ]);
  }

  /** A small file. */
  async fill(name: string, file: string, signal: AbortSignal): Promise<void> {
    await this.active(['vol-upload', '--pool', this.pool, '--vol', name, '--file', file], signal);
  }

  /** A large file, in a program of its own that ends with the signal. */
  async stream(name: string, file: string, signal: AbortSignal, deadline: number): Promise<void> {
    const words = ['vol-upload', '--pool', this.pool, '--vol', name, '--file', file];
    await this.virsh.runAlone(words, signal, deadline);
  }

  /** Removing what does not exist succeeds. */
  async remove(name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.active(['vol-delete', '--pool', this.pool, '--vol', name], signal);
    } catch (error) {
      if (!isVirshError(error, 'not-found')) throw error;
    }
  }

  private async target(signal: AbortSignal): Promise<string> {
    if (this.folder !== undefined) return this.folder;
    const xml = parseXml(await this.known(['pool-dumpxml', '--pool', this.pool], signal));
    const type = xml.getAttribute('type') ?? '';
    if (!FOLDERS.includes(type)) {
      throw misconfigured(`storage pool ${this.pool} is of type ${type}; a directory pool is needed`);
    }
    const path = textAt(xml, 'target', 'path');
    if (!path) throw new ProviderError('transient', `storage pool ${this.pool} has no path`);
    this.folder = path.replace(/\/+$/, '');
    return this.folder;
  }

  private async active(words: readonly string[], signal: AbortSignal): Promise<string> {
    try {
      return await this.known(words, signal);
    } catch (error) {
      if (!isVirshError(error, 'not-running')) throw error;
      await this.startPool(signal);
      return this.known(words, signal);
    }
  }

  private async startPool(signal: AbortSignal): Promise<void> {
    try {
      await this.virsh.run(['pool-start', '--pool', this.pool], signal);
    } catch (error) {
      // Somebody else may have been faster.
      if (!isVirshError(error, 'not-running', 'exists')) throw error;
    }
  }

  private async known(words: readonly string[], signal: AbortSignal): Promise<string> {
    try {
      return await this.virsh.run(words, signal, SLOW);
    } catch (error) {
      if (!isVirshError(error, 'configuration') || !/pool/i.test(error.message)) throw error;
      throw misconfigured(
        `storage pool ${this.pool} does not exist on ${this.virsh.uri}: ` +
          `virsh pool-define-as ${this.pool} dir --target /var/lib/nodepool && virsh pool-build ${this.pool} && virsh pool-start ${this.pool}`,
      );
    }
  }
}
