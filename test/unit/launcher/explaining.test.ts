import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DecisionSubject } from '../../../src/ports/telemetry/journal.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';
import type { RunningLauncher } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(() => {
  world = new LauncherWorld();
});

afterEach(async () => {
  await world.end();
});

type Kind = DecisionSubject['kind'];

/** The last words about something: verdict and reason codes of each decider whose name contains `by`. */
function said({ journal }: RunningLauncher, kind: Kind, id: string, by = ''): readonly string[] {
  return journal
    .entries(kind, id)
    .filter(({ subject }) => subject.decider.includes(by))
    .map(({ decision }) => [decision.verdict, ...decision.because.map(({ code }) => code)].join(' '));
}

describe('why a request waits, and what became of it', () => {
  it('waits with the numbers of the quota, then is fulfilled', async () => {
    await world.seedImage();
    const running = await world.start(simpleConfig({ maxServers: 1 }));
    const leases = await world.accept(await world.submit(['small']));
    const second = await world.submit(['small']);
    await world.pending(second);
    await world.eventually('it waits', () => said(running, 'request', second)[0] === 'wait QUOTA_POOL');
    const [entry] = running.journal.entries('request', second);
    expect(entry?.decision.because).toEqual([
      { code: 'QUOTA_POOL', owner: 'cloud/main', resource: 'instances', used: 1, limit: 1, need: 1 },
    ]);
    const third = await world.submit(['small']);
    await world.eventually('the third waits behind it', () => said(running, 'request', third).length > 0);
    expect(said(running, 'request', third)).toEqual(['wait OTHERS_WAIT_FIRST']);
    await world.giveBack(leases);
    await world.fulfilled(second);
    await world.eventually('it says so', () => said(running, 'request', second)[0] === 'fulfilled SERVEABLE');
  });

  it('is declined with the reason, which stays', async () => {
    await world.seedImage();
    const running = await world.start(simpleConfig());
    const id = await world.submit(['unknown']);
    await world.failed(id);
    await world.clock.advance(30);
    expect(said(running, 'request', id)).toEqual(['decline LABEL_UNKNOWN']);
  });

  it('is declined after failed launches, which are told for the node', async () => {
    await world.seedImage();
    const running = await world.start(simpleConfig({ provider: { launchRetries: 2 } }));
    world.cloud.failNext('create', 2);
    const id = await world.submit(['small']);
    await world.failed(id);
    expect(said(running, 'request', id)).toEqual(['decline LAUNCH_FAILED']);
    const reason = running.journal.entries('request', id)[0]?.decision.because[0];
    const node = reason?.code === 'LAUNCH_FAILED' ? reason.node : '';
    expect(reason).toMatchObject({ attempts: 2 });
    expect(said(running, 'node', node, 'PoolWorker')).toEqual(['fail LAUNCH_FAILED']);
    await world.noNodes();
    expect(said(running, 'node', node, 'NodeReaper')).toEqual(['delete FINISHED']);
  });

  it('will be declined once the last launch has ended, and waits for nothing any more', async () => {
    await world.seedImage();
    const running = await world.start(
      simpleConfig({ maxServers: 3, provider: { launchRetries: 1, launchTimeout: 60 } }),
    );
    await world.accept(await world.submit(['small']));
    world.cloud.addFault({ target: 'boot', effect: 'hang', times: 1 });
    world.cloud.addFault({ target: 'boot', effect: 'fail', times: 1 });
    const id = await world.submit(['small', 'small', 'small']);
    await world.eventually('its third waits', () => said(running, 'request', id)[0] === 'wait QUOTA_POOL');
    await world.eventually('one has failed', () => said(running, 'request', id)[0] === 'decline LAUNCH_FAILED');
    expect(world.request(id)?.state).toBe('pending');
    await world.eventually('it is declined', () => world.request(id)?.state === 'failed', 90);
  });

  it('a request whose lock somebody else holds says so', async () => {
    await world.seedImage();
    const running = await world.start(simpleConfig({ maxServers: 0 }));
    const id = await world.submit(['small'], '100');
    const held = await world.client.requests.lock(id);
    if (held.kind !== 'locked') throw new Error(held.kind);
    running.config.set(simpleConfig({ maxServers: 2 }));
    await world.eventually('it says so', () => said(running, 'request', id)[0] === 'wait REQUEST_LOCKED');
    await held.lease.release();
  });

  it('the pool that was overtaken by another does not say that it waits', async () => {
    await world.seedImage();
    const config = simpleConfig({ maxServers: 1 });
    const [one, two] = [await world.start(config, 'one'), await world.start(config, 'two')];
    const id = await world.submit(['small']);
    await world.fulfilled(id);
    await world.clock.advance(5);
    const verdicts = [said(one, 'request', id), said(two, 'request', id)].flat();
    expect(verdicts.filter((text) => text.startsWith('fulfilled'))).toHaveLength(1);
    expect(verdicts.filter((text) => /^(wait|accept|yield)/.test(text))).toEqual([]);
  });
});

describe('why a label has its ready nodes or not', () => {
  it('its image is not ready, then it is asked for, then it is there', async () => {
    const running = await world.start(simpleConfig({ minReady: 2 }));
    await world.eventually('it waits', () => said(running, 'label', 'small')[0] === 'wait IMAGE_NOT_READY');
    await world.seedImage();
    await world.eventually('it is asked for', () => said(running, 'label', 'small')[0] === 'ask MIN_READY_UNDERWAY');
    await world.eventually('it is there', () => said(running, 'label', 'small')[0] === 'keep MIN_READY_MET');
    expect(running.journal.entries('label', 'small')[0]?.decision.because).toEqual([
      { code: 'MIN_READY_MET', label: 'small', ready: 2, wanted: 2 },
    ]);
  });

  it('there is no room: the back-off and what stood in the way', async () => {
    await world.seedImage();
    const running = await world.start(simpleConfig({ minReady: 2, maxServers: 1 }));
    const expected = 'wait MIN_READY_BACKOFF MIN_READY_AT_CAPACITY';
    await world.eventually('it waits', () => said(running, 'label', 'small')[0]?.startsWith(expected) === true);
  });

  it('another launcher was elected', async () => {
    await world.seedImage();
    const config = simpleConfig({ minReady: 1 });
    const [one, two] = [await world.start(config, 'one'), await world.start(config, 'two')];
    await world.eventually('one keeps it', () => said(one, 'label', 'small')[0] === 'keep MIN_READY_MET');
    expect(said(two, 'label', 'small')).toEqual(['stand-by NOT_ELECTED']);
  });
});

describe('why a node is as it is', () => {
  it('launched, in service, deleted', async () => {
    await world.seedImage();
    const running = await world.start(simpleConfig());
    const id = await world.submit(['small']);
    const [node = ''] = await world.fulfilled(id);
    expect(said(running, 'node', node, 'PoolWorker')).toEqual(['ready LAUNCHED']);
    const leases = await world.accept(id);
    await world.giveBack(leases);
    await world.noNodes();
    expect(said(running, 'node', node, 'NodeReaper')).toEqual(['delete FINISHED']);
  });
});
