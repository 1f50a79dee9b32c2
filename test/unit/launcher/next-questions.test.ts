import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordExplanations } from '../../../src/apps/administration/record-explanations.js';
import type { Explanation, SubjectKind } from '../../../src/domain/explain/explanation.js';
import { explanationJson } from '../../../src/domain/presentation/explanation-json.js';
import { explanationText } from '../../../src/domain/presentation/explanation-text.js';
import { insightLines } from '../../../src/domain/presentation/insight-text.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';
import type { RunningLauncher } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld(3, { bootTime: 20 });
  await world.seedImage();
});

afterEach(async () => {
  await world.end();
});

function ask(
  { services, launcher }: RunningLauncher,
  kind: SubjectKind,
  id: string,
  ...changes: string[]
): Explanation | undefined {
  const { records, config, journal, clock } = services;
  const { insights } = launcher;
  const explanations = new RecordExplanations({ records, config: () => config.current, journal, clock, insights });
  return explanations.explain(kind, id, changes);
}

/** What the launcher knows besides, in lines; ids of launchers without what is random about them. */
function lines(running: RunningLauncher, kind: SubjectKind, id: string, ...changes: string[]): readonly string[] {
  const insight = ask(running, kind, id, ...changes)?.insight;
  return insight ? insightLines(insight, world.clock.now()).map((line) => line.replace(/-[0-9a-f]{32}/, '')) : [];
}

/** A pool of two nodes, both in use, and what waits. */
async function aFullPool(options: Parameters<typeof simpleConfig>[0] = {}): Promise<RunningLauncher> {
  const running = await world.start(simpleConfig({ maxServers: 2, ...options }), 'nl01');
  await Promise.all([world.submit(), world.submit()].map(async (id) => world.accept(await id)));
  return running;
}

describe('what all requests wait for', () => {
  it('is added up by pool and reason, with the oldest', async () => {
    const running = await aFullPool();
    await world.submit();
    await world.clock.advance(100);
    await world.submit();
    await world.submit(['small', 'small']);
    await world.clock.advance(20);
    const explanation = ask(running, 'fleet', '');
    expect(explanation?.state).toEqual({
      kind: 'fleet',
      waiting: 3,
      oldest: world.clock.now() - 120,
      labels: [{ label: 'small', count: 3 }],
    });
    expect(lines(running, 'fleet', '')).toEqual([
      '2 requests wait in cloud/main for OTHERS_WAIT_FIRST (others came first), since 00:00:00:20',
      '1 request waits in cloud/main for QUOTA_POOL instances (the limit of a pool is reached), since 00:00:02:00',
    ]);
    expect(explanationText(explanation!, world.clock.now())).toMatch(
      /^all requests\n {2}waiting: 3, the oldest since 00:00:02:00\n {2}labels: 3 small\n2 requests wait/,
    );
  });

  it('is a gauge by pool and reason, 0 when it is over', async () => {
    const running = await aFullPool();
    const ids = [await world.submit(), await world.submit(), await world.submit()];
    await world.clock.advance(20);
    const gauge = (reason: string): number | undefined =>
      running.metrics.gauges.get(`nodepool.provider.cloud.pool.main.waiting.${reason}`);
    expect([gauge('QUOTA_POOL'), gauge('OTHERS_WAIT_FIRST')]).toEqual([1, 2]);
    for (const id of ids) await world.client.requests.remove(id);
    await world.clock.advance(20);
    expect([gauge('QUOTA_POOL'), gauge('OTHERS_WAIT_FIRST')]).toEqual([0, 0]);
  });

  it('is nothing where nobody waits, and what is being served is counted apart', async () => {
    const running = await world.start(simpleConfig());
    expect(lines(running, 'fleet', '')).toEqual(['nobody waits']);
    await world.submit();
    await world.clock.advance(5);
    expect(lines(running, 'fleet', '')).toEqual(['nobody waits', '1 request is being served']);
  });
});

describe('the other direction', () => {
  it('a pool: what it holds, who waits, and which limit binds since when', async () => {
    const running = await aFullPool({ provider: { maxConcurrency: 5 } });
    await world.submit();
    await world.clock.advance(60);
    const explanation = ask(running, 'pool', 'cloud/main');
    expect(explanation?.state).toMatchObject({
      kind: 'pool',
      holdings: [{ provider: 'cloud', pool: 'main', configured: true, limits: { instances: 2 }, couldServe: 1 }],
    });
    expect(explanation?.insight?.waits?.groups).toEqual([
      {
        pool: 'cloud/main',
        code: 'QUOTA_POOL',
        resource: 'instances',
        title: 'the limit of a pool is reached',
        count: 1,
        since: world.clock.now() - 60,
      },
    ]);
    expect(lines(running, 'pool', 'cloud/main').slice(0, 2)).toEqual([
      'cloud/main: holds 1 request, 1 waiting; 0 launches under way in the provider, max-concurrency 5',
      '  pool: 2 of 2 instances used, nothing is left',
    ]);
    expect(lines(running, 'pool', 'cloud/main')).toContain('  breaker: closed');
    expect(ask(running, 'pool', 'cloud/other')).toBeUndefined();
  });

  it('a provider whose cloud has no room: the state of the breaker, and all its pools', async () => {
    world.cloud.set({ capacity: { instances: 0 } });
    const running = await world.start(simpleConfig({ provider: { launchRetries: 9 } }));
    await world.submit();
    await world.eventually('it is held back', () => lines(running, 'provider', 'cloud').join().includes('capacity'));
    expect(lines(running, 'provider', 'cloud').join('\n')).toMatch(
      /breaker: (open|half-open) for capacity \(.*\) since 00:00:00:\d\d, \d+ refusals?, (next probe in \d+ s|a probe .*): /,
    );
    expect(ask(running, 'provider', 'nowhere')).toBeUndefined();
  });
});

describe('what if', () => {
  it('answers what each pool would decide, by the very rules it decides by', async () => {
    const running = await aFullPool();
    const [first, second] = [await world.submit(), await world.submit()];
    await world.clock.advance(30);
    const verdict = (id: string, ...changes: string[]): unknown =>
      ask(running, 'request', id, ...changes)?.insight?.whatIf?.pools.map((each) => each.verdict);
    expect(verdict(first, 'max-servers=3')).toEqual(['accept']);
    expect(verdict(second, 'max-servers=3')).toEqual(['wait']);
    expect(verdict(second, 'max-servers=4')).toEqual(['accept']);
    expect(verdict(second, 'max-servers=none', 'quota-instances=3')).toEqual(['wait']);
    expect(verdict(second, 'max-servers=0')).toEqual(['decline']);
    expect(verdict(second, 'max-servers=9', 'max-concurrency=0')).toEqual(['decline']);
    expect(verdict(second, 'max-servers=9', 'label-cores=64', 'max-cores=32')).toEqual(['decline']);
    expect(verdict(second, 'labels=unknown')).toEqual(['decline']);
    expect(lines(running, 'request', second, 'max-servers=3').slice(-3)).toEqual([
      'if max-servers=3:',
      '  nl01-PoolWorker.cloud-main would say wait',
      expect.stringMatching(/^ {4}(OTHERS_WAIT_FIRST|QUOTA_POOL instances used 3 limit 3)/),
    ]);
  });

  it('changes nothing: neither decisions nor chance nor records', async () => {
    const running = await aFullPool();
    const id = await world.submit();
    await world.clock.advance(30);
    const shown = (): unknown => ({
      journal: running.journal.entries('request', id),
      request: world.stored(`/nodepool/requests/${id}`),
      nodes: world.nodes.length,
      reserved: running.reservations.forPool('cloud', 'main'),
      metrics: JSON.stringify(running.metrics),
    });
    const before = shown();
    const random = { ...world.random };
    for (const change of ['max-servers=9', 'labels=small,small', 'tenant-max-servers=1'])
      ask(running, 'request', id, change);
    expect({ ...world.random }).toEqual(random);
    expect(shown()).toEqual(before);
    await world.clock.advance(60);
    expect(world.nodes).toHaveLength(2);
  });

  it('knows limits of tenants, also those that have none yet', async () => {
    const running = await world.start(simpleConfig({ maxServers: 8 }), 'nl01');
    await world.accept(await world.submit({ tenantName: 'blue' }));
    running.config.set(simpleConfig({ maxServers: 1 }));
    const id = await world.submit({ tenantName: 'blue' });
    await world.clock.advance(30);
    expect(lines(running, 'request', id, 'max-servers=5', 'tenant-max-servers=1').at(-1)).toMatch(
      /^ {4}QUOTA_TENANT instances used 1 limit 1 need 1/,
    );
    expect(lines(running, 'request', id, 'max-servers=5', 'tenant-max-servers=2').at(-1)).toMatch(/would say accept$/);
  });

  it('of a request that is declined already it is said of a new one like it', async () => {
    const running = await world.start(simpleConfig({ maxServers: 2 }), 'nl01');
    const other = await world.start(simpleConfig({ maxServers: 2, pool: { name: 'spare' } }), 'nl02');
    const id = await world.submit(['small', 'small', 'small']);
    await world.failed(id);
    const supposed = (change: string): unknown => ask(running, 'request', id, change)?.insight?.whatIf?.pools;
    expect(supposed('max-servers=3')).toMatchObject([{ anew: true, verdict: 'accept', reasons: [] }]);
    expect(supposed('max-ram=1')).toMatchObject([{ anew: true, verdict: 'decline' }]);
    const served = await world.submit();
    await world.fulfilled(served);
    expect(lines(running, 'request', served, 'max-servers=3').slice(-2)).toEqual([
      'if max-servers=3:',
      '  no pool of this launcher has to decide about it now: it is served, or gone',
    ]);
    await world.stop(other);
  });

  it('an unknown key is one error that names the known ones', async () => {
    const running = await world.start(simpleConfig());
    const id = await world.submit();
    expect(() => ask(running, 'request', id, 'servers=3')).toThrow(/^unknown key 'servers'; known are max-servers, /);
  });
});

describe('where the time went', () => {
  it('of a request: what it waited for, then what its node took', async () => {
    world.cloud.set({ scanHostKeys: true });
    world.scan = async () => {
      await new Promise<void>((resolve) => void world.clock.schedule(15, resolve));
      return ['ssh-rsa FAKEKEY'];
    };
    const running = await world.start(simpleConfig({ maxServers: 1 }), 'nl01');
    const leases = await world.accept(await world.submit());
    const id = await world.submit();
    await world.clock.advance(240);
    await world.giveBack(leases);
    await world.fulfilled(id);
    const [time] = lines(running, 'request', id);
    expect(time).toMatch(/^time: \d+ s = 24\d s QUOTA_POOL \+ 2\d s booting \+ 15 s host keys$/);
    const [node] = world.request(id)?.nodes ?? [];
    expect(lines(running, 'node', node ?? '')).toEqual([
      expect.stringMatching(/^time: 3\d s = 2\d s booting \+ 15 s host keys$/),
    ]);
    const before = time;
    await world.clock.advance(50);
    expect(lines(running, 'request', id)[0]).toBe(before);
  });
});

describe('place and estimate', () => {
  it('counts those ahead of it, and knows how long when there is a basis', async () => {
    const running = await world.start(simpleConfig({ maxServers: 1 }), 'nl01');
    const first = await world.submit();
    const leases = await world.accept(first);
    const [next, last] = [await world.submit(), await world.submit()];
    await world.clock.advance(30);
    expect(lines(running, 'request', last).slice(1)).toEqual([
      'place: 2 of 2 that want cloud/main; 1 node for those ahead of it, 1 for itself',
      'estimate: unknown, only 0 nodes were given back lately',
    ]);
    await world.giveBack(leases);
    await world.giveBack(await world.accept(next));
    await world.giveBack(await world.accept(last));
    for (let turn = 0; turn < 4; turn += 1) {
      const job = await world.accept(await world.submit());
      await world.clock.advance(100);
      await world.giveBack(job);
    }
    const job = await world.accept(await world.submit());
    const waiting = await world.submit();
    await world.clock.advance(5);
    const estimate = ask(running, 'request', waiting)?.insight?.estimate;
    expect(estimate).toMatchObject({ known: true, basis: '7 nodes given back and 8 launches lately' });
    await world.giveBack(job);
  });

  it('is unknown when it waits for what no node given back ends', async () => {
    const running = await world.start(simpleConfig({ provider: { maxConcurrency: 1 } }), 'nl01');
    await world.submit();
    const id = await world.submit();
    await world.clock.advance(5);
    expect(lines(running, 'request', id).at(-1)).toBe(
      'estimate: unknown, it waits for MAX_CONCURRENCY, which no number of nodes given back ends',
    );
  });
});

it('as JSON the members are added to what was there before', async () => {
  const running = await aFullPool();
  const id = await world.submit();
  await world.clock.advance(10);
  const json = JSON.parse(explanationJson(ask(running, 'request', id, 'max-servers=3')!, world.clock.now())) as object;
  expect(Object.keys(json)).toEqual([
    'subject',
    'state',
    'outlook',
    'deciders',
    'spent',
    'place',
    'estimate',
    'what_if',
    'findings',
  ]);
});
