import { createServer } from 'node:net';
import type { PortRange } from '../../domain/config/libvirt.js';
import { ProviderError } from '../../ports/compute/errors.js';

/** Chooses ports of the host that nobody uses, and remembers those that are about to be used. */
export class Forwards {
  private readonly reserved = new Map<string, string>();

  /** @param local whether the host is this one, so that a port can be tried */
  constructor(private readonly local: boolean) {}

  /**
   * A free port for a machine. @param taken ports that other machines have, or that turned out to be taken
   * @throws ProviderError kind `capacity`
   */
  async choose(uuid: string, address: string, range: PortRange, taken: ReadonlySet<number>): Promise<number> {
    const size = range.last - range.first + 1;
    // Machines begin at different places, so that two launchers seldom want the same.
    const start = parseInt(uuid.slice(0, 8), 16) % size;
    for (let step = 0; step < size; step += 1) {
      const port = range.first + ((start + step) % size);
      const key = `${address}:${port}`;
      const holder = this.reserved.get(key);
      if (taken.has(port) || (holder !== undefined && holder !== uuid)) continue;
      this.reserved.set(key, uuid);
      if (!this.local || (await isFree(address, port))) return port;
      this.reserved.delete(key);
    }
    throw new ProviderError('capacity', `no port from ${range.first} to ${range.last} of ${address} is free`);
  }

  release(uuid: string): void {
    for (const [key, holder] of [...this.reserved]) if (holder === uuid) this.reserved.delete(key);
  }
}

/** An address that is not of this machine cannot be tried: then QEMU has the say. */
function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'EADDRINUSE' && error.code !== 'EACCES'),
    );
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
