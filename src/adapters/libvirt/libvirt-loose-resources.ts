import { instanceKey } from '../../domain/decide/installation.js';
import type { LooseKind, LooseResources } from '../../ports/compute/loose-resources.js';
import { machineUuid, machineVolume } from './names.js';
import { toProviderError } from './provider-failure.js';
import type { Surroundings } from './surroundings.js';
import { ownerOf } from './surroundings.js';

const VOLUMES: LooseKind = { name: 'volumes', interval: 10 };

/** Disks of our machines whose domains are gone: somebody has undefined them, or we ended in between. */
export class LibvirtLooseResources implements LooseResources {
  readonly kinds = [VOLUMES];

  constructor(private readonly started: () => Surroundings) {}

  async list(_kind: LooseKind, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    return this.translated(signal, async (around) => {
      const { installation, provider } = ownerOf(around);
      const volumes = await around.storage.volumes(signal);
      const domains = await around.domains.exist(signal);
      return volumes.flatMap(({ name }) => {
        const machine = machineVolume(name);
        // Of another installation or provider a node of this number has another UUID.
        if (!machine || machine.uuid !== machineUuid(instanceKey(installation, provider, machine.nodeId))) return [];
        return domains.has(machine.uuid) ? [] : [name];
      });
    });
  }

  async remove(_kind: LooseKind, id: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const machine = machineVolume(id);
    if (!machine) return;
    await this.translated(signal, (around) =>
      around.turns.take(machine.uuid, signal, async () => {
        // It may have been launched again.
        if (!(await around.domains.state(machine.uuid, signal))) await around.storage.remove(id, signal);
      }),
    );
  }

  private async translated<T>(signal: AbortSignal, work: (around: Surroundings) => Promise<T>): Promise<T> {
    try {
      return await work(this.started());
    } catch (error) {
      signal.throwIfAborted();
      throw toProviderError(error);
    }
  }
}
