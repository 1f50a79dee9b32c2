import type {
  Announcement,
  LauncherRegistry,
  PoolAnnouncement,
  ProcessAnnouncement,
  RegisteredProcess,
} from '../../ports/records/launchers.js';
import { childOf } from '../../ports/toolkit/paths.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { EphemeralRecord } from './ephemeral-record.js';
import {
  decodePoolComponent,
  decodeProcessComponent,
  encodeOldLauncher,
  encodePoolComponent,
  encodeProcessComponent,
} from './launcher-codec.js';
import { LauncherMirror } from './launcher-mirror.js';
import { componentPath, componentsPath, oldLauncherPath } from './paths.js';
import type { WatchContext } from './watch-group.js';

/** Seconds until a first registration that failed is tried again. */
const RETRY_DELAY = 0.25;

export class TreeLauncherRegistry implements LauncherRegistry {
  readonly view: LauncherMirror;

  constructor(private readonly context: WatchContext) {
    this.view = new LauncherMirror(context);
  }

  announcePool(pool: PoolAnnouncement): Promise<Announcement<PoolAnnouncement>> {
    const old = new EphemeralRecord(this.context, { path: oldLauncherPath(pool.id), sequential: false });
    const component = new EphemeralRecord(this.context, {
      path: componentPath('pool', pool.hostname),
      sequential: true,
      isOurs: (data) => decodePoolComponent(data)?.id === pool.id,
    });
    return this.announce(pool, [
      { record: old, encode: encodeOldLauncher },
      { record: component, encode: encodePoolComponent },
    ]);
  }

  async processes(kind: ProcessAnnouncement['kind']): Promise<readonly RegisteredProcess[]> {
    const { store } = this.context;
    const folder = componentsPath(kind);
    const names = [...((await store.list(folder)) ?? [])].sort();
    const records = await Promise.all(names.map((name) => store.read(childOf(folder, name))));
    return records.flatMap((record) => (record && decodeProcessComponent(record.data)) ?? []);
  }

  announceProcess(process: ProcessAnnouncement): Promise<Announcement<ProcessAnnouncement>> {
    const path = componentPath(process.kind, process.hostname);
    const record = new EphemeralRecord(this.context, { path, sequential: true });
    return this.announce(process, [{ record, encode: encodeProcessComponent }]);
  }

  /** Waits for the first registration only: later changes follow by themselves when the connection is down. */
  private async announce<T>(value: T, entries: readonly RegistryEntry<T>[]): Promise<Announcement<T>> {
    const { clock } = this.context;
    const { session } = this.context.store;
    let current = value;
    const write = async (): Promise<void> => {
      await Promise.all(entries.map(({ record, encode }) => record.set(encode(current))));
    };
    await write();
    while (!entries.every(({ record }) => record.settled)) {
      await session.connected();
      await sleep(clock, RETRY_DELAY);
      await write();
    }
    return {
      async update(change) {
        current = { ...current, ...change };
        await write();
      },
      async withdraw() {
        await Promise.all(entries.map(({ record }) => record.withdraw()));
      },
    };
  }
}

interface RegistryEntry<T> {
  readonly record: EphemeralRecord;
  readonly encode: (value: T) => Uint8Array;
}
