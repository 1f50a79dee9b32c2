import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryJournal } from '../../../src/adapters/memory-journal/memory-journal.js';
import { RecordExplanations } from '../../../src/apps/administration/record-explanations.js';
import type { PoolAnnouncement } from '../../../src/ports/records/launchers.js';
import { aConfig, aDiskImage, aProvider, aRequest } from '../../support/builders.js';
import { AdministrationBench } from './administration-bench.js';

let bench: AdministrationBench;
let journal: MemoryJournal;
let explanations: RecordExplanations;

beforeEach(async () => {
  bench = new AdministrationBench();
  bench.config = aConfig(
    {
      labels: new Map([['small', { name: 'small', minReady: 2, maxReadyAge: 0 }]]),
      diskImages: new Map([['image', aDiskImage()]]),
    },
    aProvider(),
  );
  journal = new MemoryJournal(bench.clock);
  explanations = new RecordExplanations({
    records: bench.records,
    config: () => bench.config,
    journal,
    clock: bench.clock,
  });
  await bench.open();
});

afterEach(async () => {
  await bench.close();
});

const pool = (change: Partial<PoolAnnouncement> = {}): PoolAnnouncement => ({
  id: 'host-cloud-main',
  hostname: 'host',
  version: '1',
  providerName: 'cloud',
  poolName: 'main',
  supportedLabels: ['small'],
  priority: 100,
  paused: false,
  state: 'running',
  ...change,
});

describe('a request', () => {
  test('with what the records say and what the pools decided', async () => {
    await bench.other.launchers.announcePool(pool());
    await bench.other.launchers.announcePool(pool({ id: 'other', poolName: 'spare', supportedLabels: ['big'] }));
    const request = aRequest({ declinedBy: ['other'], provider: 'cloud', stateTime: bench.clock.now() });
    const { id } = await bench.other.requests.create('100', request);
    const own = await bench.node({ state: 'building', allocatedTo: id });
    await bench.node({ state: 'in-use' });
    await bench.lockedElsewhere(own);
    journal.record(
      { kind: 'request', id, decider: 'host-cloud-main' },
      { verdict: 'wait', because: [{ code: 'OTHERS_WAIT_FIRST', pool: 'main', waiting: 3 }] },
    );
    await bench.clock.advance(10);
    expect(explanations.explain('request', id)).toEqual({
      subject: { kind: 'request', id },
      state: {
        kind: 'request',
        state: 'requested',
        stateTime: request.stateTime,
        locked: false,
        nodeTypes: ['small'],
        requestor: 'zuul',
        provider: 'cloud',
        declinedBy: ['other'],
        nodes: [{ id: own, state: 'building', locked: true }],
        pools: [
          {
            id: 'host-cloud-main',
            provider: 'cloud',
            pool: 'main',
            priority: 100,
            paused: false,
            declined: false,
            missingLabels: [],
            images: [{ label: 'small', image: 'image', ready: false }],
            nodes: [
              { state: 'building', count: 1 },
              { state: 'in-use', count: 1 },
            ],
          },
          {
            id: 'other',
            provider: 'cloud',
            pool: 'spare',
            priority: 100,
            paused: false,
            declined: true,
            missingLabels: ['small'],
            images: [],
            nodes: [],
          },
        ],
      },
      opinions: [
        {
          decider: 'host-cloud-main',
          verdict: 'wait',
          since: bench.clock.now() - 10,
          reasons: [
            {
              code: 'OTHERS_WAIT_FIRST',
              text: 'OTHERS_WAIT_FIRST 3 requests wait for capacity in pool main already',
              unblock: 'the requests before it in pool main get their nodes',
              facts: { pool: 'main', waiting: 3 },
            },
          ],
        },
      ],
    });
  });

  test('that is gone is still remembered', () => {
    journal.record({ kind: 'request', id: '100-1', decider: 'p' }, { verdict: 'fulfilled', because: [] });
    expect(explanations.explain('request', '100-1')).toMatchObject({
      state: null,
      opinions: [{ verdict: 'fulfilled' }],
    });
  });
});

test('what nobody knows has no explanation', () => {
  for (const kind of ['request', 'node', 'label', 'image'] as const) {
    expect(explanations.explain(kind, 'nine')).toBeUndefined();
  }
});

test('a node, with its request and its launcher', async () => {
  await bench.other.launchers.announcePool(pool());
  const id = await bench.node({ launcher: 'host-cloud-main', allocatedTo: '100-0000000009' });
  await bench.clock.advance(1);
  expect(explanations.explain('node', id)?.state).toMatchObject({
    state: 'ready',
    locked: false,
    launcherAlive: true,
    allocatedTo: '100-0000000009',
    requestState: null,
  });
});

test('a label, with its nodes and the pools that offer it', async () => {
  await bench.other.launchers.announcePool(pool());
  await bench.other.launchers.announcePool(pool({ id: 'other', supportedLabels: ['big'] }));
  await bench.node({ state: 'ready' });
  await bench.node({ state: 'ready', allocatedTo: '100-0000000009' });
  await bench.node({ state: 'ready', type: ['big'] });
  const { id } = await bench.other.requests.create('900', aRequest({ requestor: 'NodePool:min-ready' }));
  await bench.clock.advance(1);
  expect(explanations.explain('label', 'small')?.state).toMatchObject({
    minReady: 2,
    nodes: [{ state: 'ready', count: 2 }],
    free: 1,
    underway: [id],
    pools: [{ id: 'host-cloud-main' }],
  });
  expect(explanations.explain('label', 'big')?.state).toMatchObject({ minReady: null, pools: [{ id: 'other' }] });
});

test('an image, with its builds and uploads', async () => {
  await bench.load('17-image-paused');
  await bench.clock.advance(1);
  const state = explanations.explain('image', 'fake-image')?.state;
  expect(state).toMatchObject({ kind: 'image', configured: false, paused: true, buildRequested: null });
  expect(state?.kind === 'image' && state.builds.length).toBe(3);
  expect(explanations.explain('image', 'image')?.state).toMatchObject({ configured: true, builds: [], uploads: [] });
});

describe('asking the launchers', () => {
  const announce = (hostname: string): Promise<unknown> =>
    bench.other.launchers.announceProcess({ kind: 'launcher', hostname, version: '1', state: 'running' });

  test('asks those that are registered, each host once, at the port of the configuration', async () => {
    bench.config = { ...bench.config, webapp: { port: 8005, listenAddress: '0.0.0.0' } };
    for (const hostname of ['one', 'two', 'one', 'fd00::1', 'evil/@host']) await announce(hostname);
    await bench.put('/nodepool/components/launcher/damaged0000000009', '{');
    const { launchers, records } = await bench.administration.inquiries.ask('label', 'small', []);
    expect([...bench.asked].sort()).toEqual([
      'http://[fd00::1]:8005 label small',
      'http://one:8005 label small',
      'http://two:8005 label small',
    ]);
    expect(launchers.every((answer) => answer.kind === 'silent')).toBe(true);
    expect(records?.state).toMatchObject({ minReady: 2 });
  });

  test('asks only those that are named, if any are', async () => {
    await announce('one');
    bench.answers.set('http://there:1', { address: 'http://there:1', kind: 'unknown' });
    const { launchers } = await bench.administration.inquiries.ask('node', '7', ['http://there:1', 'http://there:1']);
    expect(launchers).toEqual([{ address: 'http://there:1', kind: 'unknown' }]);
  });
});
