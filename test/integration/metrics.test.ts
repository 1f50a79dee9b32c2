import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRICS } from '../../src/domain/metrics/catalogue.js';
import { locateMetric } from '../../src/domain/metrics/locate-metric.js';
import { eventually } from '../support/eventually.js';
import { promtool, withoutPromtool } from '../support/promtool.js';
import { StandaloneWorld } from '../support/standalone-world.js';
import { StatsdServer, type StatsdFacts } from '../support/statsd-server.js';

const CONFIG = {
  labels: [{ name: 'small', 'min-ready': 1 }],
  diskimages: [{ name: 'debian', elements: ['debian-minimal'], formats: ['qcow2', 'raw'] }],
  'tenant-resource-limits': [{ 'tenant-name': 'tenant.a', 'max-cores': 8 }],
  providers: [
    {
      name: 'cloud',
      driver: 'fake',
      cloud: 'fake',
      fake: { 'boot-time': 0.05, 'delete-time': 0, 'leak-probability': 0.7 },
      diskimages: [{ name: 'debian' }],
      pools: [{ name: 'main', 'max-servers': 3, labels: [{ name: 'small', diskimage: 'debian', 'min-ram': 2048 }] }],
    },
  ],
};

/** What only the OpenStack driver sends, and bad drivers' faults; each has tests of its own. */
const ELSEWHERE = [
  'nodepool.task.<provider>.<task>',
  '<prefix>.<service>.<method>.<path>',
  'nodepool.provider.<provider>.downPorts',
  'nodepool.driver.<provider>.fault.<fault>',
  'nodepool.driver.<provider>.blocked',
];

describe('a full cycle, as statsd and Prometheus see it', () => {
  let statsd: StatsdServer;
  let world: StandaloneWorld;
  let facts: StatsdFacts;
  let page: string;

  beforeAll(async () => {
    statsd = await StatsdServer.start();
    const environment = { STATSD_HOST: '127.0.0.1', STATSD_PORT: String(statsd.port) };
    world = await StandaloneWorld.start(CONFIG, { environment });
    await eventually('the first node is ready', () => world.count('ready') === 1);
    // Until one of the instances leaks and is found.
    await eventually(
      'a leaked instance was deleted',
      async () => {
        await world.use(await world.request(['small', 'small'], 'zuul.example.org'));
        await world.giveBack();
        return 'nodepool.provider.cloud.leaked.instances' in statsd.facts().counters;
      },
      60,
    );
    await oneWaits();
    await world.lease('small', 'team.a');
    await world.records.images.orders.requestBuild('debian');
    const settled = (): boolean => world.records.nodes.view.all().size === 1 && world.count('ready') === 1;
    await eventually('all nodes are gone but one that is ready', settled);
    const ended = 'nodepool.leases.holder.team_a.ended';
    await eventually('the leases are counted', () => statsd.facts().gauges[ended] === 1, 30);
    await eventually('the gauges follow', () => statsd.facts().gauges['nodepool.nodes.ready'] === 1);
    facts = statsd.facts();
    page = await (await fetch(`${world.web}/metrics`)).text();
  });

  /** The pool is full until somebody who waits has been counted. */
  async function oneWaits(): Promise<void> {
    await world.use(await world.request(['small', 'small', 'small']));
    const late = await world.request(['small']);
    const waiting = 'nodepool.provider.cloud.pool.main.waiting.QUOTA_POOL';
    await eventually('somebody waits for the pool', () => statsd.facts().gauges[waiting] === 1, 30);
    await world.giveBack();
    await world.use(late);
    await world.giveBack();
  }

  afterAll(async () => {
    await world?.stop();
    await statsd?.stop();
  });

  const sent = (): readonly (readonly [name: string, kind: string])[] =>
    (['counters', 'gauges', 'timers'] as const).flatMap((kind) =>
      Object.keys(facts[kind])
        .filter((name) => !name.startsWith('statsd.'))
        .map((name) => [name, kind.slice(0, -1)] as const),
    );

  it('sends nothing that the catalogue does not describe, and in no other kind [LAUNCHER 130]', () => {
    for (const [name, kind] of sent()) {
      const metric = locateMetric(name)?.metric;
      expect([name, metric?.name.startsWith('nodepool.'), metric?.kinds.includes(kind as 'gauge')]).toEqual([
        name,
        true,
        true,
      ]);
    }
  });

  it('sends all that the catalogue describes, in every kind', () => {
    const wanted = METRICS.filter(({ name }) => !ELSEWHERE.includes(name)).flatMap(({ name, kinds }) =>
      kinds.map((kind) => `${name} ${kind}`),
    );
    const found = new Set(sent().map(([name, kind]) => `${locateMetric(name)?.metric.name} ${kind}`));
    expect(wanted.filter((each) => !found.has(each))).toEqual([]);
    expect([...found].filter((each) => !wanted.includes(each))).toEqual([]);
  });

  it('sends what the manual promises, in its units [BUILDER 158, 159, 160, 162]', () => {
    expect(facts.counters['nodepool.launch.ready']).toBeGreaterThanOrEqual(2);
    expect(
      facts.counters['nodepool.launch.provider.cloud.az1.ready'] ??
        facts.counters['nodepool.launch.provider.cloud.az2.ready'],
    ).toBeGreaterThan(0);
    expect(facts.counters['nodepool.launch.requestor.zuul_example_org.ready']).toBeGreaterThan(0);
    expect(facts.timers['nodepool.launch.ready']?.[0]).toBeGreaterThan(40);
    expect(facts.counters['nodepool.image_update.debian.cloud']).toBeGreaterThanOrEqual(1);
    expect(facts.gauges['nodepool.dib_image_build.debian.qcow2.rc']).toBe(0);
    expect((facts.gauges['nodepool.dib_image_build.debian.raw.size'] ?? 1) % 512).toBe(0);
    expect(facts.gauges['nodepool.provider.cloud.max_servers']).toBe(3);
    expect(facts.gauges['nodepool.tenant_limits.tenant_a.cores']).toBe(8);
  });

  it('shows Prometheus a series of every metric that has one', () => {
    const series = METRICS.filter(({ name }) => !ELSEWHERE.includes(name)).flatMap(({ series }) => series ?? []);
    for (const { name, type } of series) {
      expect(page).toContain(`# HELP ${name} `);
      expect(page).toContain(`# TYPE ${name} ${type}\n`);
      const sample = type === 'histogram' || type === 'summary' ? `${name}_count` : name;
      expect([name, new RegExp(`^${sample}(\\{| )`, 'm').test(page)]).toEqual([name, true]);
    }
    expect(page).toMatch(/^nodepool_request_time_to_fulfil_seconds_count\{label="small"\} [1-9]/m);
  });

  it('tells both the same', async () => {
    const value = (name: string): number => Number(new RegExp(`^${name} (.*)$`, 'm').exec(page)?.[1]);
    const launches = value('nodepool_launch_duration_seconds_count\\{result="ready"\\}');
    // What was sent last may not have been flushed yet.
    await expect.poll(() => statsd.facts().counters['nodepool.launch.ready']).toBe(launches);
    expect(value('nodepool_nodes\\{state="ready"\\}')).toBe(facts.gauges['nodepool.nodes.ready']);
  });

  it.skipIf(withoutPromtool())("is accepted by Prometheus's own checker", () => {
    expect(promtool(['check', 'metrics'], page)).toBe('');
  });
});
