import type { Node } from '../../src/domain/model/node.js';
import type { NodeRequest } from '../../src/domain/model/request.js';
import type { Stored } from '../../src/domain/model/stored.js';
import type { LockOptions, LockOutcome, RecordLease } from '../../src/ports/records/record-lease.js';
import type { Records } from '../../src/ports/records/records.js';
import type { RecordView } from '../../src/ports/records/view.js';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { TreeTurns } from '../../src/adapters/records/tree-turns.js';
import { nodeCodec } from '../../src/adapters/records/node-codec.js';
import type { RecordsWrapper } from './actors/daemon.js';
import type { SimProcess } from './kernel/sim-process.js';
import type { World } from './world.js';

/** A deliberate defect: a simulator that does not find it within 200 seeds is worth nothing. */
export interface Mutation {
  readonly name: string;
  /** Where its worlds begin; 1 if left out. */
  readonly from?: number;
  readonly wrap: (world: World) => RecordsWrapper;
}

type Lock<T> = (id: string, options?: LockOptions) => Promise<LockOutcome<T>>;

/** The same object but for some members; getters and methods of the rest stay bound to it. */
function replaced<T extends object>(original: T, members: Partial<T>): T {
  return new Proxy(original, {
    get(target, key) {
      if (key in members) return members[key as keyof T];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function launchersOnly(change: (records: Records, process: SimProcess) => Records): RecordsWrapper {
  return (records, process) => (process.role === 'launcher' ? change(records, process) : records);
}

function withNodeLease(records: Records, change: (lease: RecordLease<Node>) => RecordLease<Node>): Records {
  const lock: Lock<Node> = async (id, options) => changed(await records.nodes.lock(id, options), change);
  const lockCreated = async (created: Stored<Node>): Promise<LockOutcome<Node>> =>
    changed(await records.nodes.lockCreated(created), change);
  return replaced(records, { nodes: replaced(records.nodes, { lock, lockCreated }) });
}

function withRequestLease(
  records: Records,
  change: (lease: RecordLease<NodeRequest>) => RecordLease<NodeRequest>,
): Records {
  const lock: Lock<NodeRequest> = async (id, options) => changed(await records.requests.lock(id, options), change);
  return replaced(records, { requests: replaced(records.requests, { lock }) });
}

function changed<T>(outcome: LockOutcome<T>, change: (lease: RecordLease<T>) => RecordLease<T>): LockOutcome<T> {
  return outcome.kind === 'locked' ? { kind: 'locked', lease: change(outcome.lease) } : outcome;
}

/** What the mirror showed before the lock was taken counts as what was read under it. */
function stale<T>(view: RecordView<T>, lock: Lock<T>): Lock<T> {
  return async (id, options) => {
    const seen = view.get(id);
    const outcome = await lock(id, options);
    if (outcome.kind !== 'locked' || !seen) return outcome;
    let written = false;
    const { lease } = outcome;
    return {
      kind: 'locked',
      lease: replaced(lease, {
        get current() {
          return written ? lease.current : seen;
        },
        update: (change: Partial<T>) => {
          written = true;
          return lease.update(change);
        },
      }),
    };
  };
}

/** A lease on what is somebody else's. */
function robbed(seen: Stored<Node>, world: World, process: SimProcess): RecordLease<Node> {
  let current = seen;
  const store = world.stores.find((candidate) => candidate.process === process);
  const update = async (change: Partial<Node>): Promise<Node> => {
    current = { ...current, value: { ...current.value, ...change } };
    await store?.write(`/nodepool/nodes/${seen.id}`, nodeCodec.encode(current.value));
    return current.value;
  };
  return {
    id: seen.id,
    get current() {
      return current;
    },
    signal: new AbortController().signal,
    update,
    conclude: update,
    remove: () => store?.remove(`/nodepool/nodes/${seen.id}`) ?? Promise.resolve(false),
    release: () => Promise.resolve(),
  };
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'does not read a node again under its lock',
    wrap: () =>
      launchersOnly((records) => {
        const { nodes } = records;
        const lock = stale(nodes.view, (id, options) => nodes.lock(id, options));
        return replaced(records, { nodes: replaced(nodes, { lock }) });
      }),
  },
  {
    name: 'does not read a request again under its lock',
    wrap: () =>
      launchersOnly((records) => {
        const { requests } = records;
        const lock = stale(requests.view, (id, options) => requests.lock(id, options));
        return replaced(records, { requests: replaced(requests, { lock }) });
      }),
  },
  {
    name: 'forgets to release some locks of nodes',
    wrap: () =>
      launchersOnly((records, process) =>
        withNodeLease(records, (lease) =>
          replaced(lease, { release: () => (process.dice.chance(0.02) ? Promise.resolve() : lease.release()) }),
        ),
      ),
  },
  {
    name: 'forgets to release some locks of requests',
    wrap: () =>
      launchersOnly((records, process) =>
        withRequestLease(records, (lease) =>
          replaced(lease, { release: () => (process.dice.chance(0.02) ? Promise.resolve() : lease.release()) }),
        ),
      ),
  },
  {
    name: 'ignores versions and leases when it writes nodes',
    wrap: (world) =>
      launchersOnly((records, process) =>
        withNodeLease(records, (lease) => {
          let current = lease.current;
          return replaced(lease, {
            get current() {
              return current;
            },
            signal: new AbortController().signal,
            update: async (change: Partial<Node>) => {
              const value = { ...current.value, ...change };
              current = { ...current, value };
              const store = world.stores.find((candidate) => candidate.process === process);
              await store?.write(`/nodepool/nodes/${lease.id}`, nodeCodec.encode(value));
              return value;
            },
          });
        }),
      ),
  },
  {
    name: 'does not respect the locks of others',
    wrap: (world) =>
      launchersOnly((records, process) => {
        const { nodes } = records;
        const lock: Lock<Node> = async (id, options) => {
          const outcome = await nodes.lock(id, options);
          const seen = nodes.view.get(id);
          if (outcome.kind !== 'busy' || !seen) return outcome;
          return { kind: 'locked', lease: robbed(seen, world, process) };
        };
        return replaced(records, { nodes: replaced(nodes, { lock }) });
      }),
  },
  {
    name: 'holds requests for gone that are only new to it',
    wrap: () =>
      launchersOnly((records) => {
        const { requests } = records;
        const lock: Lock<NodeRequest> = (id, options) =>
          options?.wait ? Promise.resolve({ kind: 'gone' }) : requests.lock(id, options);
        const view = replaced(requests.view, {
          get: (id: string) => {
            const found = requests.view.get(id);
            return found?.value.state === 'fulfilled' ? undefined : found;
          },
        });
        return replaced(records, { requests: replaced(requests, { lock, view }) });
      }),
  },
  {
    name: 'drops the keys it does not know',
    wrap: () =>
      launchersOnly((records) =>
        withRequestLease(records, (lease) =>
          replaced(lease, { update: (change: Partial<NodeRequest>) => lease.update({ ...change, extra: {} }) }),
        ),
      ),
  },
  {
    name: 'fails requests although others have not declined',
    wrap: () =>
      launchersOnly((records) => {
        const { view } = records.launchers;
        const pools: typeof view.pools = () => view.pools().slice(-1);
        return replaced(records, { launchers: replaced(records.launchers, { view: replaced(view, { pools }) }) });
      }),
  },
  {
    name: 'removes records before their servers are gone',
    wrap: () =>
      launchersOnly((records) =>
        withNodeLease(records, (lease) =>
          replaced(lease, {
            update: async (change: Partial<Node>) => {
              const value = await lease.update(change);
              if (change.state === 'deleting') await lease.remove();
              return value;
            },
          }),
        ),
      ),
  },
  {
    name: 'forgets the id of the server it has made',
    wrap: () =>
      launchersOnly((records) =>
        withNodeLease(records, (lease) =>
          replaced(lease, {
            update: (change: Partial<Node>) => {
              const { externalId, ...rest } = change;
              return lease.update(externalId === undefined ? change : { ...rest, externalId: null });
            },
          }),
        ),
      ),
  },
  {
    name: 'does not wait for its turn before a node counts',
    from: 6001,
    wrap: () =>
      launchersOnly((records) =>
        replaced(records, { turns: replaced(records.turns, { take: (_turns, work) => work() }) }),
      ),
  },
  {
    name: 'does not look again when it has its turn',
    from: 6001,
    wrap: (world) =>
      launchersOnly((records, process) => {
        const store = world.stores.find((candidate) => candidate.process === process);
        if (!store) return records;
        const context = {
          store,
          leases: new KazooLeases(store, { clock: process.clock, random: process.dice }),
          identifier: process.name,
          catchUp: () => Promise.resolve(),
          onRegistryChange: (listener: () => void) => records.launchers.view.onChange(listener),
        };
        return replaced(records, { turns: new TreeTurns(context) });
      }),
  },
  {
    name: 'counts half of the nodes',
    wrap: () =>
      launchersOnly((records) => {
        const { view } = records.nodes;
        const odd = (id: string): boolean => Number(id.at(-1)) % 2 === 1;
        const all: typeof view.all = () => new Map([...view.all()].filter(([id]) => odd(id)));
        const onChange: typeof view.onChange = (listener) =>
          view.onChange((change) => {
            if (!('id' in change) || odd(change.id)) listener(change);
          });
        return replaced(records, { nodes: replaced(records.nodes, { view: replaced(view, { all, onChange }) }) });
      }),
  },
];
