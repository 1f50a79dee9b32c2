import type { BenchWorld } from './bench-world.js';
import { median, show } from './figures.js';
import { Requestor } from './requestor.js';

const BURST = 2000;
const SAMPLES = 50;
const WARM_UP = 10;

interface Result {
  readonly perSecond: number;
  /** Milliseconds of CPU per request. */
  readonly cpu: number;
}

/** How long one request takes with nobody else about. */
export async function measureAlone(world: BenchWorld): Promise<void> {
  const raw = await alone(world, 'raw');
  const ours = await alone(world, 'launcher');
  show({ what: 'one request alone, raw client, median of 50', value: raw, unit: 'ms', budget: null });
  show({ what: 'one request alone, created to fulfilled, median of 50', value: ours, unit: 'ms', budget: 40 });
}

/** Throughput, and what it costs. */
export async function measureBurst(world: BenchWorld): Promise<void> {
  const raw = await burst(world, 'raw');
  const ours = await burst(world, 'launcher');
  show({ what: `burst of ${BURST} requests, raw client`, value: raw.perSecond, unit: 'req/s', budget: null });
  show({ what: `burst of ${BURST} requests`, value: ours.perSecond, unit: 'req/s', budget: null });
  const share = (100 * ours.perSecond) / raw.perSecond;
  show({ what: 'share of the raw client', value: share, unit: '%', budget: 60, least: true });
  show({ what: 'CPU per request in the burst, raw client', value: raw.cpu, unit: 'ms', budget: null });
  show({ what: 'CPU per request in the burst', value: ours.cpu, unit: 'ms', budget: 5 });
}

async function alone(world: BenchWorld, kind: 'launcher' | 'raw'): Promise<number> {
  const client = await world.client();
  const chroot = await world.tree(`alone-${kind}`, client);
  const contestant = await world.contestant(kind, chroot);
  const requestor = new Requestor(client, chroot);
  const times: number[] = [];
  for (let count = 0; count < WARM_UP + SAMPLES; count += 1) {
    const started = performance.now();
    const ids = await requestor.submit(1, (created) => contestant.tell(created));
    await requestor.fulfilled(ids);
    times.push(performance.now() - started);
  }
  await contestant.stop();
  return median(times.slice(WARM_UP));
}

async function burst(world: BenchWorld, kind: 'launcher' | 'raw'): Promise<Result> {
  const client = await world.client();
  const chroot = await world.tree(`burst-${kind}`, client);
  const contestant = await world.contestant(kind, chroot);
  const requestor = new Requestor(client, chroot);
  const cpu = contestant.cpu;
  const started = performance.now();
  const ids = await requestor.submit(BURST, (created) => contestant.tell(created));
  await requestor.fulfilled(ids, 20);
  const seconds = (performance.now() - started) / 1000;
  const used = contestant.cpu - cpu;
  await contestant.stop();
  return { perSecond: BURST / seconds, cpu: (1000 * used) / BURST };
}
