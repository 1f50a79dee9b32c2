import { setTimeout as delay } from 'node:timers/promises';
import type { BenchWorld, Contestant, ContestantKind } from './bench-world.js';
import { median, percentile, show } from './figures.js';
import { Requestor } from './requestor.js';

const SAMPLES = 50;
const WARM_UP = 10;
/** From small to large, so that the last, which the budget is about, finds a process that has worked before. */
const BURSTS = [1, 100, 500, 2000] as const;
/** Requests of the trickle, one a second. */
const TRICKLE = 30;

export interface Burst {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  /** Milliseconds of CPU per request. */
  readonly cpu: number;
  /** Resident bytes per request that the process has grown by. */
  readonly memory: number;
  /** The most resident bytes so far. */
  readonly peak: number;
  /** What ZooKeeper received per request, without the calls of the one who submits. */
  readonly packets: number;
}

interface Stage {
  readonly contestant: Contestant;
  readonly requestor: Requestor;
}

/** How long one request takes with nobody else about. */
export async function measureAlone(world: BenchWorld): Promise<void> {
  const raw = await onStage(world, 'raw', 'alone', alone);
  const ours = await onStage(world, 'launcher', 'alone', alone);
  show({ what: `one request alone, raw client, median of ${SAMPLES}`, value: raw, unit: 'ms', budget: null });
  show({ what: `one request alone, created to fulfilled, median of ${SAMPLES}`, value: ours, unit: 'ms', budget: 40 });
}

/** Throughput, how long each of many takes, and what it costs. */
export async function measureBurst(world: BenchWorld): Promise<void> {
  const raw = await burstsOf(world, 'raw');
  const ours = await burstsOf(world, 'launcher');
  BURSTS.forEach((size, at) => {
    const [ourBurst, rawBurst] = [ours[at], raw[at]];
    if (!ourBurst || !rawBurst) return;
    const what = `burst of ${size}`;
    showBurst(`${what}, raw client`, rawBurst);
    showBurst(what, ourBurst);
    if (size !== 2000) return;
    const share = (100 * ourBurst.perSecond) / rawBurst.perSecond;
    show({ what: `${what}: share of the raw client`, value: share, unit: '%', budget: 60, least: true });
    show({ what: `${what}: CPU per request, raw client`, value: rawBurst.cpu, unit: 'ms', budget: null });
    show({ what: `${what}: CPU per request`, value: ourBurst.cpu, unit: 'ms', budget: 2.5 });
    show({ what: `${what}: memory per request`, value: ourBurst.memory / 1000, unit: 'kB', budget: null });
    show({ what: `${what}: resident memory at most`, value: ourBurst.peak / 1e6, unit: 'MB', budget: 150 });
    show({ what: `${what}: packets to ZooKeeper per request`, value: ourBurst.packets, unit: '', budget: null });
  });
}

/** From small to large; the last is the one that budgets are about. */
export function burstsOf(world: BenchWorld, kind: ContestantKind): Promise<readonly Burst[]> {
  return onStage(world, kind, 'burst', (of) => bursts(world, of));
}

/** A steady drop of requests, with a process that sleeps in between. */
export async function measureTrickle(world: BenchWorld): Promise<void> {
  for (const kind of ['raw', 'launcher'] as const) {
    const { times, cpu } = await onStage(world, kind, 'trickle', trickle);
    const what = `one request a second${kind === 'raw' ? ', raw client' : ''}:`;
    show({ what: `${what} p50`, value: median(times), unit: 'ms', budget: null });
    show({ what: `${what} p95`, value: percentile(times, 0.95), unit: 'ms', budget: null });
    const budget = kind === 'raw' ? null : 8;
    show({ what: `${what} CPU per request`, value: cpu, unit: 'ms', budget });
  }
}

function showBurst(what: string, { perSecond, p50, p95 }: Burst): void {
  show({ what, value: perSecond, unit: 'req/s', budget: null });
  show({ what: '  p50', value: p50, unit: 'ms', budget: null });
  show({ what: '  p95', value: p95, unit: 'ms', budget: null });
}

/** Runs `act` with a contestant on a tree of its own. */
async function onStage<T>(
  world: BenchWorld,
  kind: ContestantKind,
  name: string,
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  const client = await world.client();
  const chroot = await world.tree(`${name}-${kind}`, client);
  const contestant = await world.contestant(kind, chroot);
  try {
    return await act({ contestant, requestor: new Requestor(client, chroot) });
  } finally {
    await contestant.stop();
  }
}

async function alone({ contestant, requestor }: Stage): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < WARM_UP + SAMPLES; count += 1) {
    const started = performance.now();
    const ids = await requestor.submit(1, (created) => contestant.tell(created));
    await requestor.fulfilled(ids);
    times.push(performance.now() - started);
  }
  return median(times.slice(WARM_UP));
}

async function bursts(world: BenchWorld, { contestant, requestor }: Stage): Promise<readonly Burst[]> {
  const results: Burst[] = [];
  for (const size of BURSTS) {
    const received = async (): Promise<number> => (await world.packets()) - requestor.calls;
    const before = { cpu: contestant.cpu, memory: contestant.memory, packets: await received() };
    const started = performance.now();
    const ids = await requestor.submit(size, (created) => contestant.tell(created));
    const times = await requestor.fulfilled(ids, size === 1 ? 1 : 20);
    const seconds = (performance.now() - started) / 1000;
    results.push({
      perSecond: size / seconds,
      p50: median(times),
      p95: percentile(times, 0.95),
      cpu: (1000 * (contestant.cpu - before.cpu)) / size,
      memory: (contestant.memory - before.memory) / size,
      peak: contestant.peak,
      packets: ((await received()) - before.packets) / size,
    });
  }
  return results;
}

async function trickle({
  contestant,
  requestor,
}: Stage): Promise<{ readonly times: readonly number[]; readonly cpu: number }> {
  const times: number[] = [];
  const cpu = contestant.cpu;
  for (let count = 0; count < TRICKLE; count += 1) {
    const ids = await requestor.submit(1, (created) => contestant.tell(created));
    times.push(...(await requestor.fulfilled(ids)));
    await delay(1000);
  }
  return { times, cpu: (1000 * (contestant.cpu - cpu)) / TRICKLE };
}
