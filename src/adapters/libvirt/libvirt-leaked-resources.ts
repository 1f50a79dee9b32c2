import { instanceKey } from '../../domain/decide/installation.js';
import type { LeakedResourceKind, LeakedResourceProvider } from '../../ports/compute/leaked-resources.js';
import { machineUuid, machineVolume } from './names.js';
import { toProviderError } from './provider-failure.js';
import type { LibvirtContext } from './libvirt-context.js';
import { ownerOf } from './libvirt-context.js';

const VOLUMES: LeakedResourceKind = { name: 'volumes', interval: 10 };

/** Disks of our machines whose domains are gone: somebody has undefined them, or we ended in between. */
export class LibvirtLeakedResources implements LeakedResourceProvider {
  readonly kinds = [VOLUMES];

  constructor(private readonly started: () => LibvirtContext) {}

  async list(_kind: LeakedResourceKind, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    return this.translated(signal, async (context) => {
      const { installation, provider } = ownerOf(context);
      const volumes = await context.storage.volumes(signal);
      const domains = await context.domains.exist(signal);
      return volumes.flatMap(({ name }) => {
        const machine = machineVolume(name);
        // Of another installation or provider a node of this number has another UUID.
        if (!machine || machine.uuid !== machineUuid(instanceKey(installation, provider, machine.nodeId))) return [];
        return domains.has(machine.uuid) ? [] : [name];
      });
    });
  }

  async remove(_kind: LeakedResourceKind, id: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const machine = machineVolume(id);
    if (!machine) return;
    await this.translated(signal, (context) =>
      context.turns.take(machine.uuid, signal, async () => {
        // It may have been launched again.
        if (!(await context.domains.state(machine.uuid, signal))) await context.storage.remove(id, signal);
      }),
    );
  }

  private async translated<T>(signal: AbortSignal, work: (context: LibvirtContext) => Promise<T>): Promise<T> {
    try {
      return await work(this.started());
    } catch (error) {
      signal.throwIfAborted();
      throw toProviderError(error);
    }
  }
}
