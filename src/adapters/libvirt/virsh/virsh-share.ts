import type { VirshOptions } from './virsh.js';
import { Virsh } from './virsh.js';

/** One way to each host for all providers of the process, as long as anybody uses it. */
export class VirshShare {
  private readonly open = new Map<string, { readonly virsh: Virsh; users: number }>();

  constructor(private readonly options: Omit<VirshOptions, 'uri'>) {}

  /** @returns the way, and how to let go of it (once) */
  take(uri: string): { readonly virsh: Virsh; readonly release: () => Promise<void> } {
    const shared = this.open.get(uri) ?? { virsh: new Virsh({ ...this.options, uri }), users: 0 };
    this.open.set(uri, shared);
    shared.users += 1;
    let released = false;
    const release = async (): Promise<void> => {
      if (released) return;
      released = true;
      shared.users -= 1;
      if (shared.users > 0) return;
      this.open.delete(uri);
      await shared.virsh.close();
    };
    return { virsh: shared.virsh, release };
  }
}
