import type { FakeCloud } from '../../../src/adapters/fake-cloud/fake-cloud.js';
import type { Daemon, Life } from '../actors/daemon.js';
import type { World } from '../world.js';

/** Seconds that a call may take in a cloud without troubles: deletions end when the server is gone. */
const QUICK = { list: 10, limits: 10, delete: 60, 'image-delete': 10, 'image-list': 10 } as const;
/** Seconds of latency and of late lists that are no trouble. */
const USUAL = 2;

/** Since when daemons have been able to do their duty without a break, and clouds to let them. Asked for now and then. */
export class Fitness {
  private readonly daemons = new Map<string, { readonly life: Life; readonly since: number }>();
  private readonly clouds = new Map<string, number>();

  constructor(private readonly world: World) {}

  look(daemons: readonly Daemon[]): void {
    const now = this.world.clock.monotonic();
    for (const { host, life } of daemons) {
      const known = this.daemons.get(host);
      if (!life || !isAttentive(life)) this.daemons.delete(host);
      else if (known?.life !== life || life.process.absence.to >= known.since)
        this.daemons.set(host, { life, since: now });
    }
    for (const cloud of this.world.clouds.all)
      if (isTroubled(cloud, this.world) || !this.clouds.has(cloud.name)) this.clouds.set(cloud.name, now);
  }

  /** Infinity: it is not fit. */
  ofDaemon(host: string): number {
    return this.daemons.get(host)?.since ?? Infinity;
  }

  ofCloud(name: string): number {
    return this.clouds.get(name) ?? Infinity;
  }
}

function isAttentive({ process, store }: Life): boolean {
  return !process.dead && !process.frozen && process.lag === 0 && store.session.state === 'connected';
}

function isTroubled({ calls, knobs }: FakeCloud, world: World): boolean {
  const { apiLatency, leakProbability, listOmission, listLag, listAfterglow } = knobs;
  if (leakProbability > 0 || listOmission > 0 || listLag > 0 || listAfterglow > 0) return true;
  if ((typeof apiLatency === 'number' ? apiLatency : apiLatency.max) > USUAL) return true;
  const now = world.clock.now();
  return calls.some(({ kind, outcome, startedAt, endedAt }) => {
    const most = kind in QUICK ? QUICK[kind as keyof typeof QUICK] : Infinity;
    if (outcome === 'running') return now - startedAt > most;
    return most < Infinity && outcome !== 'ok' && endedAt !== null && now - endedAt < LATELY;
  });
}

/** Seconds: more than between two looks. */
const LATELY = 60;
