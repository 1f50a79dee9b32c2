import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import { TreeRecords } from '../../src/adapters/records/tree-records.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import type { RecordChange, RecordView } from '../../src/ports/records/view.js';
import type { LockOutcome, RecordLease } from '../../src/ports/records/record-lease.js';
import type { MirrorName } from '../../src/ports/records/records.js';
import type { Logger } from '../../src/ports/telemetry/logger.js';
import type { StoreWorld } from '../support/store-world.js';

/** A process with a session of its own. */
export interface Member {
  readonly store: TreeStore;
  readonly records: TreeRecords;
  /** Messages at level warn and above. */
  readonly warnings: string[];
}

let seed = 1;

export async function join(world: StoreWorld, ...mirrors: MirrorName[]): Promise<Member> {
  const store = await world.open();
  const random = new SeededRandom(seed++);
  const leases = new KazooLeases(store, { clock: world.clock, random });
  const warnings: string[] = [];
  const host = { hostname: 'host.example', pid: 42 };
  const records = new TreeRecords({ store, leases, clock: world.clock, random, host, logger: collecting(warnings) });
  const opened = records.open(mirrors);
  let done = false;
  opened.then(
    () => (done = true),
    () => (done = true),
  );
  await world.eventually('the mirrors are complete', () => done);
  await opened;
  return { store, records, warnings };
}

function collecting(warnings: string[]): Logger {
  const ignore = (): void => undefined;
  const keep = (message: string): void => void warnings.push(message);
  const logger: Logger = { debug: ignore, info: ignore, warn: keep, error: keep, child: () => logger };
  return logger;
}

/** Notes every change as `kind id`, with the state where there is one. */
export function journalOf<T extends { readonly state: string }>(view: RecordView<T>): string[] {
  const journal: string[] = [];
  view.onChange((change) => journal.push(lineOf(change)));
  return journal;
}

function lineOf<T extends { readonly state: string }>(change: RecordChange<T>): string {
  switch (change.kind) {
    case 'resynced':
      return 'resynced';
    case 'added':
      return `added ${change.id} ${change.after.value.state}`;
    case 'updated':
      return `updated ${change.id} ${change.before.value.state} ${change.after.value.state}`;
    case 'locking':
      return `${change.locked ? 'locked' : 'unlocked'} ${change.id}`;
    default:
      return `${change.kind} ${change.id}`;
  }
}

export function locked<T>(outcome: LockOutcome<T>): RecordLease<T> {
  if (outcome.kind !== 'locked') throw new Error(`not locked but ${outcome.kind}`);
  return outcome.lease;
}
