import { machineVolume } from './names.js';
import type { LibvirtContext } from './libvirt-context.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Deletes machines with all that belongs to them. */
export class MachineRemover {
  constructor(private readonly context: LibvirtContext) {}

  /** Deleting what does not exist succeeds. @throws VirshError, or the signal's reason */
  async delete(uuid: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // Nothing of ours is called otherwise.
    if (!UUID.test(uuid)) return;
    await this.context.turns.take(uuid, signal, () => this.remove(uuid, signal));
  }

  /** To be called by whoever has the machine's turn. The definition goes last: what is left over before that shows whose it is. */
  async remove(uuid: string, signal: AbortSignal): Promise<void> {
    const { domains, storage, forwards } = this.context;
    await domains.destroy(uuid, signal);
    const volumes = await storage.volumes(signal);
    const ours = volumes.filter(({ name }) => machineVolume(name)?.uuid === uuid);
    for (const { name } of ours) await storage.remove(name, signal);
    await domains.undefine(uuid, signal);
    forwards.release(uuid);
  }
}
