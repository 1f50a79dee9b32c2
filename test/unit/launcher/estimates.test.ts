/** What launchers say of how long a wait may take, against how long it took: a busy pool, asked at any moment, by request. */
import { expect, it } from 'vitest';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { RecordExplanations } from '../../../src/apps/administration/record-explanations.js';
import type { Node } from '../../../src/domain/model/node.js';
import type { RecordLease } from '../../../src/ports/records/record-lease.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';
import type { RunningLauncher } from '../../support/launcher-world.js';

const SECONDS = 2400;
const CLIENTS = 10;
/** Seconds between two looks of a client. */
const STEP = 1;
/** Part of the requests' seconds at which somebody asks. */
const ASKED = 0.02;

interface Case {
  readonly urgent: boolean;
  readonly asked: number;
  readonly p50: number;
  readonly p90: number;
  took: number | null;
}

/** Asks for machine after machine, and uses each for a while. */
class Client {
  private request: string | null = null;
  private leases: readonly RecordLease<Node>[] = [];
  private until = 0;
  private open: Case[] = [];

  constructor(
    private readonly world: LauncherWorld,
    private readonly random: SeededRandom,
  ) {}

  async step(cases: Case[], estimate: (request: string) => { p50: number; p90: number } | null): Promise<void> {
    const now = this.world.clock.now();
    if (this.request === null && now >= this.until) {
      await this.world.giveBack(this.leases);
      this.leases = [];
      this.request = await this.world.submit({}, this.random.next() < 0.6 ? '100' : '200');
    } else if (this.request !== null && this.world.request(this.request)?.state === 'fulfilled') {
      for (const each of this.open) each.took = now - each.asked;
      this.open = [];
      this.leases = await this.world.accept(this.request);
      this.request = null;
      this.until = now - 200 * Math.log(1 - this.random.next());
    } else if (this.request !== null && this.random.next() < ASKED) {
      const known = estimate(this.request);
      if (known) cases.push(this.ask({ ...known, urgent: this.request.startsWith('100'), asked: now, took: null }));
    }
  }

  private ask(question: Case): Case {
    this.open.push(question);
    return question;
  }
}

function estimator({ services, launcher }: RunningLauncher) {
  const { records, config, journal, clock } = services;
  const { insights } = launcher;
  const explanations = new RecordExplanations({ records, config: () => config.current, journal, clock, insights });
  return (request: string): { p50: number; p90: number } | null => {
    const estimate = explanations.explain('request', request)?.insight?.estimate;
    return estimate?.known === true ? estimate : null;
  };
}

async function casesOf(seed: number): Promise<readonly Case[]> {
  const world = new LauncherWorld(seed, { bootTime: { min: 20, max: 40 }, deleteTime: { min: 1, max: 5 } });
  await world.seedImage();
  const running = await world.start(simpleConfig({ maxServers: 2 + (seed % 3) }));
  const random = new SeededRandom(seed);
  const clients = Array.from({ length: CLIENTS }, () => new Client(world, random));
  const cases: Case[] = [];
  for (let second = 0; second < SECONDS; second += STEP) {
    for (const client of clients) await client.step(cases, estimator(running));
    await world.clock.advance(STEP);
  }
  await world.end();
  return cases.filter(({ took }) => took !== null);
}

it.each([
  ['urgent', 0.85],
  ['overtaken', 0.9],
])('nine of ten is kept in no less than 85 of 100 cases; requests are %s', async (which, least) => {
  const all = (await Promise.all([1, 2, 3].map(casesOf))).flat();
  const cases = all.filter(({ urgent }) => urgent === (which === 'urgent'));
  const kept = cases.filter(({ took, p90 }) => Number(took) - STEP <= p90).length / cases.length;
  expect(cases.length).toBeGreaterThan(80);
  expect(kept).toBeGreaterThanOrEqual(least);
});
