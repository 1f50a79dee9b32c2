import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import type { SimProcess } from './kernel/sim-process.js';
import type { SimStore } from './kernel/sim-store.js';
import { parse } from './kernel/tree-model.js';
import { encode } from './actors/requestor.js';
import { Jenkins } from './actors/jenkins.js';
import { PythonLauncher } from './actors/python-launcher.js';
import { Calamities } from './calamities.js';
import { describeStep } from './scenario/steps.js';
import type { AtCall, Deed, Step } from './scenario/steps.js';
import type { Installation } from './installation.js';
import { healthyKnobs } from './simulation.js';
import type { Simulation } from './simulation.js';

interface Victim {
  readonly process: SimProcess;
  readonly store: SimStore;
  readonly kill: () => void;
  readonly start: () => void;
  readonly freeze: (seconds: number) => void;
}

/** Carries out the steps of a scenario, and puts everything right at the end. */
export class Deeds {
  private readonly undo = new Set<() => void>();
  private healed = false;

  private readonly calamities: Calamities;

  constructor(private readonly simulation: Simulation) {
    this.calamities = new Calamities(simulation, { until: (seconds, undo) => this.until(seconds, undo) });
  }

  carryOut(step: Step): void {
    if (this.healed || this.simulation.world.chronicle.broken) return;
    this.simulation.world.chronicle.say('step', describeStep(step).trim());
    this.perform(step.deed);
  }

  /** The end of all faults: whatever was done to the system is undone, whoever is dead starts again. */
  heal(): void {
    const { simulation } = this;
    const { world } = simulation;
    world.chronicle.say('world', 'all faults end');
    this.healed = true;
    for (const undo of [...this.undo]) undo();
    for (const { process } of simulation.installations.flatMap((each) => this.everybody(each))) {
      process.clearTraps();
      process.clock.offset = 0;
      process.thaw();
    }
    for (const { cloud } of simulation.draft.providers) {
      world.cloud(cloud).clearFaults();
      const knobs = healthyKnobs(simulation.scenario);
      world.cloud(cloud).set({ ...knobs, quota: { instances: 200, cores: 10_000, ram: 100_000_000 } });
    }
    for (const installation of simulation.installations) makeRoom(installation);
    for (const { daemons, clients } of simulation.installations)
      for (const actor of [...daemons, ...clients]) actor.start();
    for (const builder of simulation.builders) builder.stopFailing();
  }

  private perform(deed: Deed): void {
    switch (deed.do) {
      case 'job':
        return this.simulation.client(deed.client)?.begin(deed.plan);
      case 'revise':
        return this.simulation.client(deed.client)?.revise();
      case 'janitor': {
        const client = this.simulation.client(deed.client);
        return client instanceof Jenkins ? client.janitor() : undefined;
      }
      case 'kill':
        return this.harm(deed.who, deed.atCall, (victim) => {
          victim.kill();
          this.later(deed.downFor, victim.start);
        });
      case 'cut':
        return this.harm(deed.who, deed.atCall, ({ store }) => store.cut(deed.seconds));
      case 'expire':
        return this.harm(deed.who, deed.atCall, ({ store }) => store.expire());
      case 'freeze':
        return this.harm(deed.who, null, (victim) => victim.freeze(deed.seconds));
      case 'clock':
        return this.harm(deed.who, null, ({ process }) => {
          process.clock.offset += deed.seconds;
          this.simulation.world.clockTolerance += Math.abs(deed.seconds);
        });
      case 'stop':
        return this.stop(deed.who, deed.downFor);
      default:
        return this.performOutside(deed);
    }
  }

  private performOutside(deed: Deed): void {
    const { world, draft } = this.simulation;
    switch (deed.do) {
      case 'cloud':
        return this.troubleCloud(deed);
      case 'server':
        return this.harmServer(deed);
      case 'foreign-server': {
        const cloud = world.cloud(deed.cloud);
        const id = cloud.addForeignServer({ instances: 1, cores: 1, ram: 1 });
        return this.until(deed.seconds, () => cloud.removeServer(id));
      }
      case 'max-servers': {
        const provider = draft.providers.find(({ name }) => name === deed.provider);
        for (const pool of provider?.pools ?? []) if (pool.name === deed.pool) pool.maxServers = deed.to;
        return this.simulation.edited();
      }
      case 'min-ready':
        for (const label of draft.labels) if (label.name === deed.label) label.minReady = deed.to;
        return this.simulation.edited();
      case 'provider':
        return this.absent(
          draft.providers.find(({ name }) => name === deed.provider),
          deed.absentFor,
        );
      case 'label':
        return this.absent(
          draft.labels.find(({ name }) => name === deed.label),
          deed.absentFor,
        );
      case 'garbage':
        return world.tree.put(deed.path, deed.text);
      case 'stranger':
        return this.stranger(deed.seconds, deed.labels);
      case 'program':
        return [...world.programs].filter(({ provider }) => provider === deed.provider).forEach((each) => each.crash());
      case 'machine':
        return this.harmMachine(deed);
      case 'python':
        return this.python(deed);
      case 'order':
        return this.order(deed);
      case 'store':
        return this.troubleStore(deed);
      case 'build-order':
        if (world.tree.stat(`/nodepool/images/${deed.image}`)) {
          world.tree.put(`/nodepool/images/${deed.image}/request-build`, '');
        }
        return;
      case 'build-failures':
        return this.simulation.builders.find(({ host }) => host === deed.builder)?.failBuilds(deed.times);
      case 'half-open':
      case 'wipe':
      case 'full-disk':
      case 'broken-config':
      case 'crash-loop':
        return this.calamities.perform(deed);
      default:
        throw new Error(`nobody knows how to ${deed.do}`);
    }
  }

  private everybody({ daemons, clients }: Installation): readonly Victim[] {
    const names = [...daemons.map(({ host }) => host), ...clients.map(({ name }) => name)];
    return names.flatMap((name) => this.victim(name) ?? []);
  }

  /** Of either installation. */
  private victim(name: string): Victim | undefined {
    const { installations } = this.simulation;
    const daemon = installations.flatMap(({ daemons }) => daemons).find(({ host }) => host === name);
    if (daemon?.life) {
      const { process, store } = daemon.life;
      return {
        process,
        store,
        kill: () => daemon.kill(),
        start: () => daemon.start(),
        freeze: (seconds) => daemon.freeze(seconds),
      };
    }
    const host = installations.flatMap(({ clients }) => clients).find((client) => client.name === name);
    if (!host?.requestor) return undefined;
    const { process, store } = host.requestor;
    const freeze = (seconds: number): void => {
      store.silence(seconds);
      process.freeze(seconds);
    };
    return { process, store, kill: () => host.kill(), start: () => host.start(), freeze };
  }

  private harm(name: string, atCall: AtCall | null, harm: (victim: Victim) => void): void {
    const victim = this.victim(name);
    if (!victim) return;
    if (!atCall) return harm(victim);
    victim.process.setTrap({
      callsLeft: atCall.calls,
      when: atCall.when,
      spring: () => {
        this.simulation.world.chronicle.say('step', `the trap for ${name} springs`);
        harm(victim);
      },
    });
  }

  private stop(name: string, downFor: number): void {
    const daemon = this.simulation.daemons.find(({ host }) => host === name);
    daemon?.stop().then(
      // Frozen in between, it may have taken until after the end of all faults, when nobody starts it any more.
      () => (this.healed ? daemon.start() : this.later(downFor, () => daemon.start())),
      (error: unknown) => this.simulation.world.chronicle.fail('simulator', String(error)),
    );
  }

  /** Of everybody at once. */
  private troubleStore({ fate, seconds, lag }: Deed & { readonly do: 'store' }): void {
    for (const { process, store } of this.everybody(this.simulation)) {
      if (fate === 'restart') store.cut(seconds);
      else if (fate === 'expire') store.expire();
      else {
        process.away(seconds + lag);
        process.lag = lag;
        this.until(seconds, () => (process.lag = 0));
      }
    }
  }

  private troubleCloud({ cloud: name, knobs, faults, seconds }: Deed & { readonly do: 'cloud' }): void {
    const cloud = this.simulation.world.cloud(name);
    const before = cloud.knobs;
    cloud.set(knobs);
    const takeBack = faults.map((fault) => cloud.addFault(fault));
    this.until(seconds, () => {
      for (const key of Object.keys(knobs) as (keyof typeof knobs)[]) cloud.set({ [key]: before[key] });
      for (const undo of takeBack) undo();
    });
  }

  private harmServer(deed: Deed & { readonly do: 'server' }): void {
    const cloud = this.simulation.world.cloud(deed.cloud);
    const { servers } = cloud;
    const server = servers[Math.floor(deed.dice * servers.length)];
    if (!server) return;
    if (deed.fate === 'gone') cloud.removeServer(server.id);
    else cloud.breakServer(server.id, 'struck by lightning');
  }

  private absent(what: { absent: boolean } | undefined, seconds: number): void {
    if (!what || what.absent) return;
    what.absent = true;
    this.simulation.edited();
    this.until(seconds, () => {
      if (!what.absent) return;
      what.absent = false;
      if (!this.healed) this.simulation.edited();
    });
  }

  /** Another implementation's launcher registers, does nothing, and goes. */
  private stranger(seconds: number, labels: readonly string[]): void {
    const { world } = this.simulation;
    const process = world.process(`stranger-${world.clock.monotonic().toFixed(3)}`, 'foreign');
    const store = world.open(process);
    const id = `python-1-PoolWorker.elsewhere-main-${process.dice.whole(1, 1000)}`;
    const record = encode({ id, provider_name: 'elsewhere', supported_labels: labels });
    store.create(`/nodepool/launchers/${id}`, record, { ephemeral: true, makeParents: true }).catch(() => undefined);
    this.until(seconds, () => void store.close());
  }

  private harmMachine({ host, port, fate, seconds }: Deed & { readonly do: 'machine' }): void {
    const { world, draft } = this.simulation;
    if (fate === 'silent' || fate === 'stranger') return this.until(seconds, world.machines.trouble(host, port, fate));
    const machine = draft.machines?.find((each) => each.host === host && each.port === port);
    if (!machine) return;
    if (fate === 'absent') return this.absent(machine, seconds);
    machine.removed = true;
    this.simulation.edited();
  }

  private python({ seconds, labels }: Deed & { readonly do: 'python' }): void {
    const { world } = this.simulation;
    const process = world.process(`python-${world.clock.monotonic().toFixed(3)}`, 'foreign');
    const python = new PythonLauncher(world, process, world.open(process), labels);
    python.start();
    this.until(seconds, () => python.stop());
  }

  /** What operators do on the command line. */
  private order({ order, dice }: Deed & { readonly do: 'order' }): void {
    const { world } = this.simulation;
    const process = world.process(`operator-${world.clock.monotonic().toFixed(3)}`, 'operator');
    const store = world.open(process);
    const nodes = [...world.model.nodes.values()].filter(
      ({ json }) => json?.['provider'] !== 'elsewhere' && json?.['state'],
    );
    const node = nodes[Math.floor(dice * nodes.length)];
    if (!node) return void store.close();
    const leases = new KazooLeases(store, { clock: process.clock, random: process.dice });
    const work = async (): Promise<void> => {
      const result = await leases.acquire(`/nodepool/nodes/${node.id}/lock`, { wait: 5 });
      if (!('lease' in result)) return;
      const path = `/nodepool/nodes/${node.id}`;
      const json = parse((await store.read(path))?.data);
      const state = order === 'delete' ? 'deleting' : order === 'hold' ? 'hold' : 'used';
      const change = { state, state_time: process.clock.now(), hold_expiration: order === 'hold' ? 60 : null };
      if (json && (order !== 'release' || json['state'] === 'hold'))
        await store.write(path, encode({ ...json, ...change }));
      await result.lease.release();
    };
    work().then(
      () => void store.close(),
      () => void store.close(),
    );
  }

  private later(seconds: number, action: () => void): void {
    this.simulation.world.clock.schedule(seconds, () => {
      if (!this.healed) action();
    });
  }

  /** Undone after `seconds`, or when everything is healed. */
  private until(seconds: number, undo: () => void): void {
    const once = (): void => {
      if (this.undo.delete(once)) undo();
    };
    this.undo.add(once);
    this.simulation.world.clock.schedule(seconds, once);
  }
}

/** Room for what is wanted by default, so that everything can come to rest. */
function makeRoom(installation: Installation): void {
  const { draft } = installation;
  for (const provider of draft.providers) {
    provider.absent = false;
    for (const pool of provider.pools) Object.assign(pool, { maxServers: 20, limits: {} });
  }
  for (const each of [...draft.labels, ...(draft.machines ?? [])]) each.absent = false;
  Object.assign(draft, { rebuildAge: 1e7, tenantInstances: null });
  installation.edited();
}
