import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { LeaseClerk } from '../../../src/apps/lease-client/lease-clerk.js';
import { readLease } from '../../../src/domain/lease-client/read-lease.js';
import type { LeaseView } from '../../../src/domain/lease-client/lease-view.js';
import type {
  ForegroundProgram,
  ProgramEnd,
  ProgramOrder,
  StopSignal,
} from '../../../src/ports/lease-client/foreground-programs.js';
import type { LeaseNews, RunOrder, TakeOrder } from '../../../src/ports/lease-client/lease-desk.js';
import type {
  CallOptions,
  LeaseService,
  LeaseVerdict,
  LeaseWish,
} from '../../../src/ports/lease-client/lease-service.js';
import { GatewayAwayError, LeaseRefusedError } from '../../../src/ports/lease-client/lease-service.js';
import { sleep } from '../../../src/ports/toolkit/sleep.js';
import type { PrivateFolder } from '../../../src/ports/lease-client/private-folders.js';

/** What becomes of a call instead of its answer; `after`: it was carried out before. */
export type Mishap = 'silence' | 'away' | 'away-after' | LeaseRefusedError;
export type CallName = 'create' | 'get' | 'renew' | 'release';

export function refused(
  status: number,
  problem: string | null,
  more: { retryAfter?: number; outcome?: string } = {},
): LeaseRefusedError {
  const retryable = status === 429 || status === 503;
  return new LeaseRefusedError(
    `refused: ${problem ?? status}`,
    status,
    problem,
    retryable,
    more.retryAfter ?? null,
    more.outcome ?? null,
  );
}

interface Lease {
  readonly id: string;
  readonly wish: LeaseWish;
  state: 'waiting' | 'active' | 'ended';
  outcome: string | null;
  heard: number;
  readonly waitUntil: number;
}

/** A gateway on virtual time: leases get their machines after `readyAfter` seconds and end when nobody renews them. */
class VirtualGateway implements LeaseService {
  readonly leases = new Map<string, Lease>();
  readonly log: { readonly call: CallName; readonly at: number }[] = [];
  readonly verdicts: LeaseVerdict[] = [];
  readyAfter = 0;
  connectionType = 'ssh';
  hostKeys: readonly string[] = ['ssh-ed25519 AAAA'];
  conditions: readonly object[] = [];
  mishap: (call: CallName, number: number) => Mishap | undefined = () => undefined;

  constructor(private readonly clock: VirtualClock) {}

  create(id: string, wish: LeaseWish, options?: CallOptions): Promise<LeaseView> {
    return this.call('create', options, async () => {
      if (!this.leases.has(id)) {
        const now = this.clock.monotonic();
        const lease: Lease = {
          id,
          wish,
          state: 'waiting',
          outcome: null,
          heard: now,
          waitUntil: now + (wish.wait ?? Infinity),
        };
        this.leases.set(id, lease);
        if (this.readyAfter === 0) lease.state = 'active';
        else this.clock.schedule(this.readyAfter, () => this.serve(lease));
        this.clock.schedule(wish.wait ?? Infinity, () => {
          if (lease.state === 'waiting') this.end(lease, 'timed_out');
        });
      }
      return this.view(id);
    });
  }

  get(id: string, wait = 0, options?: CallOptions): Promise<LeaseView> {
    return this.call('get', options, async () => {
      const until = this.clock.monotonic() + wait;
      while (this.find(id).state === 'waiting' && this.clock.monotonic() < until)
        await this.pause(0.5, options?.signal);
      return this.view(id);
    });
  }

  renew(id: string, _ttl?: number, options?: CallOptions): Promise<LeaseView> {
    return this.call('renew', options, async () => {
      const lease = this.find(id);
      if (lease.state === 'ended') throw refused(410, 'lease-ended', { outcome: lease.outcome ?? '' });
      lease.heard = this.clock.monotonic();
      return this.view(id);
    });
  }

  change(): Promise<LeaseView> {
    throw new Error('nobody changes a lease here');
  }

  release(id: string, verdict: LeaseVerdict, options?: CallOptions): Promise<void> {
    return this.call('release', options, async () => {
      const lease = this.find(id);
      if (lease.state !== 'ended') this.end(lease, lease.state === 'waiting' ? 'cancelled' : 'released');
      this.verdicts.push(verdict);
    });
  }

  async list(): Promise<readonly LeaseView[]> {
    return [...this.leases.keys()].map((id) => this.view(id));
  }

  count(call: CallName): number {
    return this.log.filter((each) => each.call === call).length;
  }

  get only(): Lease {
    const [lease] = this.leases.values();
    if (!lease || this.leases.size !== 1) throw new Error(`there are ${this.leases.size} leases`);
    return lease;
  }

  end(lease: Lease, outcome: string): void {
    lease.state = 'ended';
    lease.outcome = outcome;
  }

  private serve(lease: Lease): void {
    if (lease.state !== 'waiting') return;
    lease.state = 'active';
    lease.heard = this.clock.monotonic();
    this.watch(lease);
  }

  /** As rule: no heartbeat for a ttl is the end. */
  private watch(lease: Lease): void {
    const left = lease.heard + (lease.wish.ttl ?? 300) - this.clock.monotonic();
    this.clock.schedule(left, () => {
      if (lease.state !== 'active') return;
      if (this.clock.monotonic() - lease.heard >= (lease.wish.ttl ?? 300)) this.end(lease, 'expired');
      else this.watch(lease);
    });
  }

  private find(id: string): Lease {
    const lease = this.leases.get(id);
    if (!lease) throw refused(404, 'no-such-lease');
    return lease;
  }

  private view(id: string): LeaseView {
    const { state, outcome, wish } = this.find(id);
    const node = (label: string, slot: number): object => ({
      id: `000000000${slot}`,
      label,
      interface_ip: '192.0.2.7',
      connection_type: this.connectionType,
      host_keys: this.hostKeys,
      username: 'debian',
    });
    const nodes = state === 'active' ? wish.labels.map(node) : [];
    const conditions = state === 'active' ? [] : this.conditions;
    return readLease({ id, state, outcome, labels: wish.labels, ttl: wish.ttl ?? 300, nodes, conditions })!;
  }

  private async call<T>(call: CallName, options: CallOptions | undefined, work: () => Promise<T>): Promise<T> {
    this.log.push({ call, at: this.clock.monotonic() });
    const mishap = this.mishap(call, this.count(call));
    if (mishap === 'silence') await this.pause(options?.timeout ?? 30, options?.signal);
    if (mishap === 'silence' || mishap === 'away') throw new GatewayAwayError('the gateway does not answer');
    if (mishap instanceof Error) throw mishap;
    const answer = await work();
    if (mishap === 'away-after') throw new GatewayAwayError('the answer got lost');
    return answer;
  }

  private pause(seconds: number, signal?: AbortSignal): Promise<void> {
    return sleep(this.clock, seconds, signal);
  }
}

class VirtualProgram implements ForegroundProgram {
  readonly ended: Promise<ProgramEnd>;
  readonly signals: { readonly signal: string; readonly at: number }[] = [];
  finish: (end: ProgramEnd) => void = () => undefined;
  over = false;

  constructor(
    readonly order: ProgramOrder,
    private readonly clock: VirtualClock,
    private readonly deaf: boolean,
  ) {
    this.ended = new Promise((resolve) => {
      this.finish = (end) => {
        this.over = true;
        resolve(end);
      };
    });
  }

  kill(signal: StopSignal | 'SIGKILL'): void {
    if (this.over) return;
    this.signals.push({ signal, at: this.clock.monotonic() });
    if (signal === 'SIGKILL') this.finish({ kind: 'signalled', signal, number: 9 });
    else if (!this.deaf) this.finish({ kind: 'signalled', signal, number: 15 });
  }
}

/** One who sits at a command line, a gateway and programs, on virtual time. */
export class LeasingWorld {
  readonly clock = new VirtualClock();
  readonly gateway = new VirtualGateway(this.clock);
  readonly programs: VirtualProgram[] = [];
  readonly waiting: string[] = [];
  readonly notes: string[] = [];
  readonly files = new Map<string, string>();
  /** Programs ignore what asks them to end. */
  deaf = false;
  onTerminal = false;
  private readonly listeners = new Set<(signal: StopSignal) => void>();
  readonly clerk: LeaseClerk;

  constructor() {
    this.clerk = new LeaseClerk({
      service: this.gateway,
      clock: this.clock,
      random: new SeededRandom(1),
      programs: this.foreground(),
      folders: {
        temporary: () => this.folder('/tmp/run'),
        lasting: (name) => this.folder(`/run/${name}`),
        forget: () => undefined,
      },
      stops: {
        listen: (listener) => {
          this.listeners.add(listener);
          return () => this.listeners.delete(listener);
        },
      },
      folderName: 'work',
      close: async () => undefined,
    });
  }

  get news(): LeaseNews {
    return {
      waiting: (line) => void this.waiting.push(line),
      done: () => undefined,
      note: (line) => void this.notes.push(line),
    };
  }

  get listening(): number {
    return this.listeners.size;
  }

  press(signal: StopSignal): void {
    for (const listener of this.listeners) listener(signal);
  }

  /** Begins, and answers what comes of it once it has come. */
  take(order: Omit<Partial<TakeOrder>, 'wish'> & { readonly wish?: Partial<LeaseWish> } = {}): Outcome<LeaseView> {
    const wish = { labels: ['small'], ...order.wish };
    return outcomeOf(this.clerk.take({ patience: null, detach: false, ...order, wish }, this.news));
  }

  run(order: Omit<Partial<RunOrder>, 'wish'> & { readonly wish?: Partial<LeaseWish> } = {}): Outcome<number> {
    const wish = { labels: ['small'], ...order.wish };
    const usual = { patience: null, command: ['make'] as const, local: true, sync: false, identity: null };
    return outcomeOf(this.clerk.run({ ...usual, ...order, wish }, this.news));
  }

  get program(): VirtualProgram {
    const program = this.programs.at(-1);
    if (!program) throw new Error('no program was started');
    return program;
  }

  private foreground(): ConstructorParameters<typeof LeaseClerk>[0]['programs'] {
    const start = (order: ProgramOrder): VirtualProgram => {
      const program = new VirtualProgram(order, this.clock, this.deaf);
      this.programs.push(program);
      return program;
    };
    const onTerminal = (): boolean => this.onTerminal;
    return {
      start,
      get onTerminal() {
        return onTerminal();
      },
      get canAsk() {
        return onTerminal();
      },
    };
  }

  private folder(path: string): PrivateFolder {
    return {
      path,
      write: (name, text) => {
        this.files.set(`${path}/${name}`, text);
        return `${path}/${name}`;
      },
      remove: () => {
        for (const file of this.files.keys()) if (file.startsWith(`${path}/`)) this.files.delete(file);
      },
    };
  }
}

export interface Outcome<T> {
  value?: T;
  error?: Error;
  settled: boolean;
}

function outcomeOf<T>(promise: Promise<T>): Outcome<T> {
  const outcome: Outcome<T> = { settled: false };
  promise.then(
    (value) => Object.assign(outcome, { value, settled: true }),
    (error: unknown) => Object.assign(outcome, { error, settled: true }),
  );
  return outcome;
}
