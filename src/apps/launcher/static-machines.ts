import type { PoolConfig } from '../../domain/config/config.js';
import {
  staticFacts,
  staticNode,
  isFree,
  isOutdated,
  machineOf,
  planStaticMachines,
} from '../../domain/decide/static-machines.js';
import type { StaticMachinePlan, StaticMachinesPlan, StaticPlace } from '../../domain/decide/static-machines.js';
import type { MachineReason } from '../../domain/explain/node-reason.js';
import { groupBy } from '../../domain/model/group-by.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import type { FixedMachines } from '../../ports/compute/provider.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { whileElected } from '../../ports/toolkit/while-elected.js';
import { withLock } from '../../ports/toolkit/with-lock.js';
import type { RecordChange } from '../../ports/records/view.js';
import { asError, sleep } from '../../ports/toolkit/sleep.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { ControlLoop } from '../../ports/toolkit/control-loop.js';
import { WorkLimit } from '../../ports/toolkit/work-limit.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { moveNode } from './moves.js';
import type { LauncherServices } from './services.js';

/** Between two checks of one machine at least, seconds. */
const BREATH = 1;
/** After an election, for our mirror to show what the one before us has written, seconds. */
const SETTLE = 1;
/** A look without any event, seconds. */
const TICK = 60;
/** Before a machine that failed its check is asked again; doubles, seconds. */
const FIRST_RETRY = 5;
const LONGEST_RETRY = 60;
/** For a driver that ignores its own time-out, seconds. */
const CHECK_DEADLINE = 600;
/** Machines asked at once for the first time, and again after a failure: dead ones never keep the others waiting. */
const MAX_CHECKS = 50;
const MAX_RETRIES = 20;

/** What we know of a machine beyond its records. */
interface Health {
  busy: boolean;
  failures: number;
  /** By the monotonic clock. */
  notBefore: number;
  /** Keys it showed when it last passed. */
  hostKeys: readonly string[] | null;
}

/** What a provider's pools offer, by machine, and of which driver and pools that is true. */
interface Places {
  readonly fixed: FixedMachines;
  readonly pools: ReadonlyMap<string, PoolConfig> | undefined;
  readonly of: ReadonlyMap<string, readonly StaticPlace[]>;
}

/**
 * Keeps one ready node per slot of the machines of one provider that exist by themselves (spec BUILDER 1.7). Only the elected one
 * among all launchers does it, so that no slot is registered twice.
 */
export class StaticMachineKeeper {
  private readonly loop: ControlLoop;
  private readonly logger: Logger;
  private readonly checks = new WorkLimit(MAX_CHECKS);
  private readonly retries = new WorkLimit(MAX_RETRIES);
  private readonly withdrawing = new Set<NodeId>();
  private health = new Map<string, Health>();
  /** The driver's object under which `health` was learnt: a changed configuration makes it worthless. */
  private machines: FixedMachines | null = null;
  private places: Places | null = null;
  private leading = AbortSignal.abort();

  constructor(
    private readonly services: LauncherServices,
    private readonly provider: string,
  ) {
    this.loop = new ControlLoop(services.clock);
    this.logger = services.logger.child('FixedMachines', { provider });
  }

  /** Stands for election until aborted, and keeps the records while elected. */
  async run(signal: AbortSignal): Promise<void> {
    const { elections } = this.services.records;
    await whileElected(elections, `static-${this.provider}`, (leading) => this.lead(leading), signal);
  }

  private async lead(leading: AbortSignal): Promise<void> {
    const { records, config, providers, clock } = this.services;
    const tasks = new Supervisor((name, error) => this.logger.error(`${name} failed`, errorFields(error)));
    this.machines = null;
    this.withdrawing.clear();
    this.leading = leading;
    await this.loop.run(
      {
        subscribe: (wake) => [
          records.nodes.view.onChange((change) => this.concerns(change) && wake()),
          config.onChange(wake),
          providers.onChange((name) => name === this.provider && wake()),
        ],
        begin: () => sleep(clock, SETTLE, leading),
        pass: () => {
          if (records.nodes.view.complete) this.pass(tasks);
          return this.untilNextCheck();
        },
        end: () => tasks.stop(),
      },
      leading,
    );
  }

  private concerns(change: RecordChange<Node>): boolean {
    const { view } = this.services.records.nodes;
    const node =
      change.kind === 'removed' ? change.before : change.kind === 'resynced' ? undefined : view.get(change.id);
    return change.kind === 'resynced' || node === undefined || node.value.provider === this.provider;
  }

  private untilNextCheck(): number {
    const now = this.services.clock.monotonic();
    const due = [...this.health.values()].filter(({ busy, notBefore }) => !busy && notBefore > now);
    return Math.max(0, Math.min(TICK, ...due.map(({ notBefore }) => notBefore - now)));
  }

  private pass(tasks: Supervisor): void {
    const plan = this.plan();
    if (!plan) return;
    const configured = new Set(plan.machines.map(({ machine }) => machine));
    for (const machine of this.health.keys()) if (!configured.has(machine)) this.health.delete(machine);
    for (const { id, because } of plan.surplus) {
      this.withdrawing.add(id);
      tasks.start(`withdrawing node ${id}`, (signal) => this.withdraw(id, because, signal));
    }
    for (const machine of plan.machines) this.attend(machine, tasks);
  }

  /** What there is to do as things are, for all machines or for one; undefined while the provider cannot be used. */
  private plan(only?: string): StaticMachinesPlan | undefined {
    const places = this.configured();
    if (!places) return undefined;
    const { view } = this.services.records.nodes;
    const all = view.all().values();
    return planStaticMachines({
      provider: this.provider,
      places: only === undefined ? [...places.values()].flat() : (places.get(only) ?? []),
      nodes: only === undefined ? all : [...all].filter(({ value }) => machineOf(value) === only),
      locked: (id) => view.locked(id),
      withdrawing: (id) => this.withdrawing.has(id),
    });
  }

  /** The places of each machine. They are made once for a configuration: every check of every machine asks for them. */
  private configured(): ReadonlyMap<string, readonly StaticPlace[]> | undefined {
    const { config, providers } = this.services;
    const driver = providers.get(this.provider);
    const pools = config.current.providers.get(this.provider)?.pools;
    if (!driver || 'problem' in driver || !driver.fixed) return undefined;
    const { fixed } = driver;
    if (fixed !== this.machines) {
      this.machines = fixed;
      this.health = new Map();
    }
    if (this.places?.fixed !== fixed || this.places.pools !== pools) {
      // A provider that has left the configuration, and is served by nobody else, gives up all its machines.
      const all = [...(pools?.values() ?? [])].flatMap((pool) =>
        fixed.slots(pool).map((slot): StaticPlace => ({ ...slot, pool: pool.name, attributes: pool.nodeAttributes })),
      );
      this.places = { fixed, pools, of: groupBy(all, machineOf) };
    }
    return this.places.of;
  }

  /** Has a machine checked if that can change anything, and its records put right. */
  private attend(plan: StaticMachinePlan, tasks: Supervisor): void {
    const health = this.healthOf(plan.machine);
    if (health.busy || this.services.clock.monotonic() < health.notBefore) return;
    const { hostKeys } = health;
    const unverified = hostKeys === null && plan.free.length > 0;
    const outdated =
      hostKeys !== null && plan.free.some(({ node, place }) => isOutdated(node.value, staticFacts(place, hostKeys)));
    if (plan.missing.length === 0 && !unverified && !outdated) return;
    health.busy = true;
    const { machines } = this;
    tasks.start(`machine ${plan.machine}`, async (signal) => {
      try {
        if (machines) await this.check(plan, machines, health, signal);
      } finally {
        health.busy = false;
        this.loop.wake();
      }
    });
  }

  private async check(
    plan: StaticMachinePlan,
    machines: FixedMachines,
    health: Health,
    signal: AbortSignal,
  ): Promise<void> {
    const limit = health.failures > 0 ? this.retries : this.checks;
    const asking = (inner: AbortSignal): ReturnType<FixedMachines['check']> => machines.check(plan.place, inner);
    try {
      const { hostKeys } = await limit.run(() =>
        withDeadline(this.services.clock, CHECK_DEADLINE, `the check of ${plan.machine}`, signal, asking),
      );
      Object.assign(health, { failures: 0, notBefore: this.services.clock.monotonic() + BREATH, hostKeys });
      await this.register(plan.machine, machines, hostKeys, signal);
    } catch (error) {
      if (signal.aborted) return;
      const delay = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** health.failures);
      health.failures += 1;
      health.notBefore = this.services.clock.monotonic() + delay;
      health.hostKeys = null;
      this.logger.warn(`${plan.machine} cannot be offered; next try in ${delay} s`, errorFields(error));
      for (const { node } of this.planOf(plan.machine, machines)?.free ?? []) {
        await this.withdraw(
          node.id,
          { code: 'MACHINE_UNFIT', machine: plan.machine, problem: asError(error).message },
          signal,
        );
      }
    }
  }

  /** Every creation rests on a plan of its own: our last one shows in the mirror already. */
  private async register(
    machine: string,
    machines: FixedMachines,
    hostKeys: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { records, clock } = this.services;
    for (const { node, place } of this.planOf(machine, machines)?.free ?? []) {
      if (isOutdated(node.value, staticFacts(place, hostKeys))) await this.bringUpToDate(node.id, place, hostKeys);
    }
    const next = (): StaticPlace | undefined => this.planOf(machine, machines)?.missing[0];
    for (let place = next(); place && !signal.aborted && !this.leading.aborted; place = next()) {
      if (!records.nodes.view.complete) return;
      const { id } = await records.nodes.create(staticNode(this.provider, place, hostKeys, clock.now()));
      this.logger.info(`${machine} is ready as node ${id}`, { node: id, slot: place.slot, labels: place.labels });
    }
  }

  private async bringUpToDate(id: NodeId, place: StaticPlace, hostKeys: readonly string[]): Promise<void> {
    await this.withFree(id, async (lease) => {
      this.logger.info(`Node ${id} follows the configuration`, { node: id });
      await lease.update(staticFacts(place, hostKeys));
    });
  }

  /** As things are now; undefined if what was learnt from `machines` has nothing to do with them any more. */
  private planOf(machine: string, machines: FixedMachines): StaticMachinePlan | undefined {
    const plan = this.plan(machine);
    return machines === this.machines ? plan?.machines[0] : undefined;
  }

  private async withdraw(id: NodeId, because: MachineReason, signal: AbortSignal): Promise<void> {
    this.withdrawing.add(id);
    try {
      if (signal.aborted) return;
      await this.withFree(id, async (lease) => {
        this.logger.info(`Node ${id} is not offered any more`, { node: id, because: [because] });
        this.services.journal.record(
          { kind: 'node', id, decider: `${this.services.host.hostname}-FixedMachines.${this.provider}` },
          { verdict: 'withdraw', because: [because] },
        );
        await moveNode(lease, 'deleting');
      });
    } finally {
      this.withdrawing.delete(id);
    }
  }

  /** Does something with a node that is free, as read under its lock. */
  private async withFree(id: NodeId, work: (lease: RecordLease<Node>) => Promise<void>): Promise<void> {
    await withLock(this.services.records.nodes, id, async (lease) => {
      if (isFree(lease.current.value)) await work(lease);
    });
  }

  private healthOf(machine: string): Health {
    let health = this.health.get(machine);
    if (!health) {
      health = { busy: false, failures: 0, notBefore: 0, hostKeys: null };
      this.health.set(machine, health);
    }
    return health;
  }
}

/** Is the machine behind a free node of a static pool there? Answers its host keys. @throws what the driver's check throws */
export async function checkStaticNode(
  machines: FixedMachines,
  pool: PoolConfig,
  node: Node,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const machine = machineOf(node);
  const slots = machines.slots(pool).filter((candidate) => machineOf(candidate) === machine);
  const slot = slots.find(({ username }) => username === node.username) ?? slots[0];
  if (!slot) throw new Error(`pool ${pool.name} has no machine ${machine}`);
  return (await machines.check(slot, signal)).hostKeys;
}

/** Providers whose machines exist by themselves, as far as they have been started. */
export function staticProviders(services: LauncherServices): readonly string[] {
  return services.providers.names().filter((name) => {
    const provider = services.providers.get(name);
    return provider !== undefined && !('problem' in provider) && provider.fixed !== null;
  });
}
