import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { TreeRecords } from '../../../src/adapters/records/tree-records.js';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../../src/adapters/system/system-random.js';
import { WireTreeStore } from '../../../src/adapters/zookeeper/wire/wire-tree-store.js';
import type { MirrorName } from '../../../src/ports/records/records.js';

/** Seconds; longer than what befalls the server lasts. */
const SESSION = 30;

/** The records as a client sees them, in a session of its own that outlives what befalls the server. */
export class ClientRecords {
  private constructor(
    private readonly store: WireTreeStore,
    readonly records: TreeRecords,
  ) {}

  static async open(port: number, chroot: string, mirrors: readonly MirrorName[]): Promise<ClientRecords> {
    const [clock, random, logger] = [new SystemClock(), new SystemRandom(), new MemoryLogger()];
    const servers = [{ host: '127.0.0.1', port }];
    const store = new WireTreeStore({ servers, chroot, sessionTimeout: SESSION, tls: null, clock, random, logger });
    await store.start();
    await store.session.connected();
    const leases = new KazooLeases(store, { clock, random });
    const host = { hostname: 'client', pid: process.pid };
    const records = new TreeRecords({ store, leases, clock, random, host, logger });
    await records.open(mirrors);
    return new ClientRecords(store, records);
  }

  /** Does it until the connection has not been in the way. */
  async insist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.store.session.connected();
      try {
        return await work();
      } catch (error) {
        if (!this.isTrouble(error)) throw error;
      }
    }
  }

  /** Whether it failed by what befell the server. */
  isTrouble(error: unknown): boolean {
    return this.store.session.state !== 'connected' || /connection|lease|session|locked under/i.test(String(error));
  }

  async close(): Promise<void> {
    await this.records.close();
    await this.store.close();
  }
}
