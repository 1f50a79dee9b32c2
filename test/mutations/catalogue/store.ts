import type { Area } from '../source-mutation.js';

const RECORDS = 'test/contract/records-memory.test.ts';
const LEASE = 'test/contract/lease-memory.test.ts';
const COMMITS = 'test/unit/store/commits.test.ts';
const WIRE = 'test/simulation/wire/wire.test.ts';

export const STORE: Area = {
  title: 'Records, locks, the durable store, the wire',
  mutations: [
    {
      name: 'writes under a session that is over',
      file: 'src/adapters/records/tree-record-lease.ts',
      find: '  private assertHeld(): void {\n    const { lease, store } = this.context;\n',
      replace:
        "  private assertHeld(): void {\n    const { lease, store } = this.context;\n    if (lease.path !== '') return;\n",
      foundBy: { test: RECORDS },
    },
    {
      name: 'writes after its lock is lost',
      file: 'src/adapters/records/tree-record-lease.ts',
      find: '    if (lease.signal.aborted) throw asError(lease.signal.reason);\n    if (lease.generation',
      replace: '    if (lease.generation',
      foundBy: { test: RECORDS },
    },
    {
      name: 'writes over versions that it has not read',
      file: 'src/adapters/records/tree-record-lease.ts',
      find: 'if (removals.length === 0) return store.write(this.path, data, version);',
      replace: 'if (removals.length === 0) return store.write(this.path, data);',
      foundBy: { test: RECORDS },
    },
    {
      name: 'changes a state that somebody else has changed meanwhile',
      file: 'src/adapters/records/tree-record-lease.ts',
      find: '    if (found !== expected) throw new RecordChangedError(this.path, expected, found);\n    this.stored = parsed.stored;',
      replace: '    this.stored = parsed.stored;',
      foundBy: { test: RECORDS },
    },
    {
      name: 'does not note when a state began',
      file: 'src/adapters/records/tree-record-lease.ts',
      find: 'return { ...value, stateTime: this.context.clock.now() };',
      replace: 'return value;',
      foundBy: { test: RECORDS },
    },
    {
      name: 'drops keys of node records that it does not know',
      file: 'src/adapters/records/node-codec.ts',
      find: 'holdExpiration: duration(values.holdExpiration, stateTime), extra },',
      replace: 'holdExpiration: duration(values.holdExpiration, stateTime), extra: {} },',
      foundBy: { test: 'test/unit/records/untouched.test.ts' },
    },
    {
      name: 'takes epoch milliseconds for seconds of a hold',
      file: 'src/adapters/records/node-codec.ts',
      find: 'if (hold === null || hold <= EPOCH_MILLISECONDS) return hold;',
      replace: 'if (hold === null || hold <= Infinity) return hold;',
      foundBy: { test: 'test/unit/records/node-codec.test.ts' },
    },
    {
      name: 'orders those who wait for a lock by their names',
      file: 'src/adapters/leases/contenders.ts',
      find: 'compareText(left.sequence, right.sequence)',
      replace: 'compareText(left.name, right.name)',
      foundBy: { test: 'test/unit/coordination/contenders.test.ts' },
    },
    {
      name: 'does not tell the holder of a lock that its session is suspended',
      file: 'src/adapters/leases/held-lease.ts',
      find: "if (event.state !== 'connected')",
      replace: "if (event.state === 'lost')",
      foundBy: { test: LEASE },
    },
    {
      name: 'leaves its place in the queue for a lock behind',
      file: 'src/adapters/leases/kazoo-leases.ts',
      find: '      if (contender && !held) await this.withdraw(contender);\n',
      replace: '      void held;\n',
      foundBy: { test: LEASE },
    },
    {
      name: 'does not look for its place in the queue when the answer was lost',
      file: 'src/adapters/leases/leftovers.ts',
      find: 'if (error instanceof ConnectionLostError) this.putBy(leftover, before);',
      replace: 'if (error instanceof RangeError) this.putBy(leftover, before);',
      foundBy: { test: LEASE },
    },
    {
      name: 'answers before what it answers is on disk',
      file: 'src/adapters/memory/durable/commit-log.ts',
      find: '    this.position += 1;\n    if',
      replace: '    this.settled = this.position += 1;\n    if',
      foundBy: { test: COMMITS },
    },
    {
      name: 'keeps in memory what the disk has refused',
      file: 'src/adapters/memory/durable/commit-log.ts',
      find: '    this.tree?.restore(new Map([...meanwhile, ...before]));\n',
      replace: '    void meanwhile;\n',
      foundBy: { test: COMMITS },
    },
    {
      name: 'does not write again what may have been written by halves',
      file: 'src/adapters/memory/durable/commit-log.ts',
      find: '      for (const path of paths) this.doubtful.add(path);\n',
      replace: '',
      foundBy: { test: COMMITS },
    },
    {
      name: 'takes locks of the process before for free at once',
      file: 'src/adapters/memory/durable/durable-tree.ts',
      find: 'if (sessionTimeout === 0) return this.endFormer(former);',
      replace: 'if (sessionTimeout >= 0) return this.endFormer(former);',
      foundBy: { test: 'test/unit/store/restarts.test.ts' },
    },
    {
      name: 'keeps locks of the process before for ever',
      file: 'src/adapters/memory/durable/durable-tree.ts',
      find: '    this.tree.endSession(former);\n',
      replace: '',
      foundBy: { test: 'test/unit/store/restarts.test.ts' },
    },
    {
      name: 'counts changes from the beginning after a restart',
      file: 'src/adapters/memory/durable/durable-tree.ts',
      find: 'tree.continueAfter(decodeNumber(value));',
      replace: 'decodeNumber(value);',
      foundBy: { test: 'test/unit/store/restarts.test.ts' },
    },
    {
      name: 'does not set recursive watches again after a reconnect',
      file: 'src/adapters/zookeeper/wire/session-watches.ts',
      find: "    for (const path of this.trees.paths) put('recursive', path);\n",
      replace: '',
      foundBy: { test: WIRE },
    },
    {
      name: 'does not tell that changes may have been missed without a connection',
      file: 'src/adapters/zookeeper/wire/session-watches.ts',
      find: '    this.trees.missed();\n',
      replace: '',
      foundBy: { test: WIRE },
    },
  ],
};
