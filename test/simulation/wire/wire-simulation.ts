import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { WireTreeStore } from '../../../src/adapters/zookeeper/wire/wire-tree-store.js';
import { ConnectionLostError, CoordinationError } from '../../../src/ports/coordination/errors.js';
import type { CreateOptions, TreeOperation } from '../../../src/ports/coordination/tree-store.js';
import { FakeNetwork } from './fake-network.js';
import { FakeServer } from './fake-server.js';
import { TreeFollower } from './tree-follower.js';

interface Watch {
  readonly kind: 'data' | 'existence' | 'children';
  readonly path: string;
  readonly generation: number;
  /** How it looked when the watch was set. */
  readonly seen: string;
  /** Number of the newest change when it was asked for, and how often the server had been wiped. */
  readonly since: number;
  readonly wipes: number;
  readonly snubs: number;
  fired: number;
}

const PATHS = ['/a', '/b', '/a/x', '/a/y', '/b/z', '/c'];
const STEPS = 60;
/** Seconds without faults after which everything must have come right. */
const HEALING = 60;

/**
 * One client against one server over a network that cuts, delays, splits and joins; the server forgets sessions, is wiped, answers with
 * errors, sends garbage, falls silent. Answers what was broken, or null.
 */
export async function simulateWire(seed: number): Promise<string | null> {
  return new WireSimulation(seed).run();
}

class WireSimulation {
  private readonly clock = new VirtualClock();
  private readonly random: SeededRandom;
  private readonly server: FakeServer;
  private readonly network: FakeNetwork;
  private readonly store: WireTreeStore;
  private readonly problems: string[] = [];
  private readonly watches: Watch[] = [];
  private readonly others = { id: -1n, notify: (): void => undefined };
  private readonly acknowledged: string[] = [];
  private readonly asked: string[] = [];
  private readonly transactions: (readonly string[])[] = [];
  private readonly follower: TreeFollower;
  private open = 0;
  private calls = 0;
  private generation = 0;

  constructor(private readonly seed: number) {
    this.random = new SeededRandom(seed);
    this.server = new FakeServer(this.clock);
    this.network = new FakeNetwork(this.server, this.clock, this.random);
    this.store = new WireTreeStore({
      servers: [{ host: '127.0.0.1', port: 1 }],
      chroot: '',
      sessionTimeout: 6,
      tls: null,
      clock: this.clock,
      random: this.random,
      logger: new MemoryLogger(),
      resolve: (servers) => Promise.resolve(servers),
      dial: this.network.dial,
    });
    this.server.old = this.random.next() < 0.1;
    const root = this.random.next() < 0.5 ? '/' : '/a';
    const below = PATHS.filter((path) => root === '/' || path.startsWith(root));
    this.follower = new TreeFollower(this.store, root, below, (call) => this.settle(call));
    this.store.session.onChange(({ state, generation }) => {
      if (state === 'connected' && generation < this.generation) this.fail('the generation went back');
      if (state === 'lost' && generation !== this.generation) this.fail('a session was lost that never was');
      if (state === 'connected') this.generation = generation;
    });
  }

  async run(): Promise<string | null> {
    await this.store.start();
    for (let step = 0; step < STEPS && this.problems.length === 0; step += 1) {
      this.act();
      await this.clock.advance(this.random.next() * 0.3);
    }
    await this.heal();
    const closing = this.store.close();
    await this.clock.advance(5);
    await closing;
    if (this.open > 0) this.fail(`${this.open} calls were never answered`);
    return this.problems[0] === undefined ? null : `seed ${this.seed}: ${this.problems.join('; ')}`;
  }

  private act(): void {
    const chance = this.random.next();
    if (chance < 0.2) return this.disturb();
    if (chance < 0.4) return this.changeByOthers();
    for (let count = 1 + this.choose(6); count > 0; count -= 1) this.callSomething();
  }

  private disturb(): void {
    const { server, network } = this;
    const faults: readonly (() => void)[] = [
      () => network.cut(),
      () => network.cut(),
      () => {
        server.expireAll();
        if (this.random.next() < 0.5) network.cut();
      },
      () => {
        server.wipe();
        network.cut();
      },
      () => (server.nextError = this.random.next() < 0.5 ? -1 : -110),
      () => [...network.links].forEach((link) => link.garble()),
      () => (network.silent = !network.silent),
      () => (network.refusing = !network.refusing),
      () => {
        server.old = !server.old;
        network.cut();
      },
      () => (server.readOnly = !server.readOnly),
      () => (network.weather.delay = this.random.next() < 0.7 ? 0.01 : 0.5),
    ];
    faults[this.choose(faults.length)]?.();
  }

  private changeByOthers(): void {
    const path = this.path();
    const data = Buffer.from(`other ${(this.calls += 1)}`);
    try {
      const chance = this.random.next();
      if (chance < 0.4) this.server.create(path, data, {}, this.others);
      else if (chance < 0.7) this.server.write(path, data);
      else this.server.remove(path);
    } catch {
      // It was not to be done now.
    }
  }

  private callSomething(): void {
    const path = this.path();
    const data = `call ${(this.calls += 1)}`;
    const bytes = Buffer.from(data);
    switch (this.choose(7)) {
      case 0: {
        const options: CreateOptions = { ephemeral: this.random.next() < 0.3, sequential: this.random.next() < 0.3 };
        return this.change(data, this.store.create(path, bytes, options));
      }
      case 6:
        return this.changeTogether();
      case 1:
        return this.change(data, this.store.write(path, bytes));
      case 2:
        return this.settle(this.store.remove(path));
      case 3:
        return this.settle(
          this.watched('data', path, (fire) =>
            this.store.read(path, fire).then((record) => record && text(record.data)),
          ),
        );
      case 4:
        return this.settle(
          this.watched('children', path, (fire) => this.store.list(path, fire).then((names) => names && listed(names))),
        );
      default:
        return this.settle(
          this.watched('existence', path, (fire) =>
            this.store.stat(path, fire).then((stat) => (stat ? `${stat.modifiedId}` : '')),
          ),
        );
    }
  }

  private changeTogether(): void {
    const operations = Array.from({ length: 1 + this.choose(3) }, (): TreeOperation => {
      const path = this.path();
      const data = Buffer.from(`call ${(this.calls += 1)}`);
      const chance = this.random.next();
      if (chance < 0.4) return { kind: 'create', path, data, sequential: this.random.next() < 0.3 };
      return chance < 0.8 ? { kind: 'write', path, data } : { kind: 'remove', path };
    });
    const written = operations.flatMap((one) => (one.kind === 'remove' ? [] : [text(one.data)]));
    this.asked.push(...written);
    this.transactions.push(written);
    this.settle(this.store.transaction(operations).then(() => void this.acknowledged.push(...written)));
  }

  private change(data: string, call: Promise<unknown>): void {
    this.asked.push(data);
    this.settle(call.then(() => void this.acknowledged.push(data)));
  }

  /** @param ask - answers how the record looks, or undefined if no watch was set */
  private async watched(
    kind: Watch['kind'],
    path: string,
    ask: (fire: () => void) => Promise<string | undefined>,
  ): Promise<void> {
    const set: Watch[] = [];
    let early = 0;
    const { wipes, snubs } = this.server;
    const since = this.server.tree.lastTransaction;
    const seen = await ask(() => {
      const [watch] = set;
      if (watch) watch.fired += 1;
      else early += 1;
    });
    if (early > 0) this.fail(`the watch on ${path} fired before whoever set it had the answer`);
    if (seen === undefined) return;
    const watch = { kind, path, generation: this.generation, seen, since, wipes, snubs, fired: 0 };
    set.push(watch);
    this.watches.push(watch);
  }

  private settle(call: Promise<unknown>): void {
    this.open += 1;
    call.then(
      () => (this.open -= 1),
      (error: unknown) => {
        this.open -= 1;
        if (!(error instanceof CoordinationError)) this.fail(`a call ended with ${String(error)}`);
        if (error instanceof ConnectionLostError && this.store.session.state === 'connected') {
          this.fail('a call was refused for the sake of the connection while the session was connected');
        }
      },
    );
  }

  private async heal(): Promise<void> {
    const { network, server, store } = this;
    Object.assign(network, { silent: false, refusing: false });
    Object.assign(server, { readOnly: false, nextError: null });
    network.weather.delay = 0.01;
    await this.clock.advance(HEALING);
    if (store.session.state !== 'connected')
      return this.fail(`it is ${store.session.state} after ${HEALING} s without faults`);
    if (this.open > 0) return this.fail(`${this.open} calls without an answer after ${HEALING} s without faults`);
    this.judgeEffects();
    this.judgeWatches();
    this.judgeFollower();
    let last = 'nothing';
    this.settle(store.list('/').then((names) => void (last = listed(names ?? []))));
    await this.clock.advance(1);
    if (last !== listed(server.tree.list('/') ?? [])) this.fail(`it sees ${last} where there is other`);
  }

  private judgeEffects(): void {
    const times = new Map<string, number>();
    for (const effect of this.server.effects) times.set(effect, (times.get(effect) ?? 0) + 1);
    for (const data of this.asked) if ((times.get(data) ?? 0) > 1) this.fail(`${data} took effect more than once`);
    for (const written of this.transactions) {
      const done = written.filter((data) => times.has(data)).length;
      if (done > 0 && done < written.length) this.fail(`of the transaction ${written.join()} ${done} took effect`);
    }
    for (const data of this.acknowledged)
      if (times.get(data) !== 1) this.fail(`${data} was acknowledged without effect`);
  }

  private judgeWatches(): void {
    for (const watch of this.watches) {
      if (watch.fired > 0 && !this.hasChanged(watch))
        this.fail(`the ${watch.kind} watch on ${watch.path} fired for nothing`);
      if (watch.fired > 1) this.fail(`the watch on ${watch.path} fired ${watch.fired} times`);
      const forgotten = watch.generation !== this.generation;
      if (!forgotten && watch.fired === 0 && this.look(watch) !== watch.seen) {
        this.fail(`the ${watch.kind} watch on ${watch.path} never fired: ${watch.seen} became ${this.look(watch)}`);
      }
    }
  }

  private judgeFollower(): void {
    if (!this.follower.follows) return;
    for (const [path, seen] of this.follower.picture) {
      const there = this.server.tree.stat(path)?.modifiedId;
      if (seen !== there) this.fail(`who follows ${this.follower.root} sees ${path} as of ${seen}, it is of ${there}`);
    }
  }

  private hasChanged({ kind, path, since, wipes, snubs }: Watch): boolean {
    const { recordChange, childChange } = this.server;
    // One on the top of what is followed may fire when that begins, or the connection comes back.
    // A client that has misheard how far the server is believes nothing that it saw.
    if (wipes !== this.server.wipes || snubs !== this.server.snubs || path === this.follower.root) return true;
    const children = kind === 'children' ? (childChange.get(path) ?? 0) : 0;
    return Math.max(recordChange.get(path) ?? 0, children) > since;
  }

  private look({ kind, path }: Watch): string {
    const { tree } = this.server;
    const record = tree.read(path);
    if (kind === 'existence') return record ? `${record.stat.modifiedId}` : '';
    if (!record) return 'gone';
    return kind === 'data' ? text(record.data) : listed(tree.list(path) ?? []);
  }

  private fail(problem: string): void {
    this.problems.push(problem);
  }

  private path(): string {
    return PATHS[this.choose(PATHS.length)] ?? '/a';
  }

  private choose(count: number): number {
    return Math.floor(this.random.next() * count);
  }
}

const text = (data: Uint8Array): string => Buffer.from(data).toString();
const listed = (names: readonly string[]): string => [...names].sort().join(',');
