import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import { aConfig, aPool, aPoolLabel, aProvider, aStaticNode } from '../../support/builders.js';
import { LauncherWorld } from '../../support/launcher-world.js';
import type { RunningLauncher } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

/** A static provider with these machines, one job each. */
function lab(...names: readonly string[]): NodepoolConfig {
  const pool = aPool({
    provider: 'lab',
    labels: new Map([['bare', aPoolLabel('bare', { image: { kind: 'none' } })]]),
    settings: { nodes: names.map((name) => aStaticNode(name)) },
  });
  return aConfig({}, aProvider({ name: 'lab', driver: 'static', managesImages: false, settings: {} }, pool));
}

function said({ journal }: RunningLauncher, kind: 'request' | 'node', id: string): readonly string[] {
  return journal
    .entries(kind, id)
    .map(({ decision }) => [decision.verdict, ...decision.because.map(({ code }) => code)].join(' '));
}

async function ready(count: number): Promise<readonly string[]> {
  const nodes = (): typeof world.nodes => world.nodes.filter(({ state }) => state === 'ready');
  await world.eventually(`${count} are ready`, () => nodes().length === count);
  return nodes().map(({ id }) => id);
}

describe('requests for static machines', () => {
  it('fail if there are not so many machines, and say so', async () => {
    const running = await world.start(lab('a', 'b'));
    await ready(2);
    const id = await world.submit(['bare', 'bare', 'bare']);
    await world.failed(id);
    expect(said(running, 'request', id)).toEqual(['decline REQUEST_OVER_MACHINES']);
  });

  it('wait if there are, and fail when one is taken out of the configuration', async () => {
    const running = await world.start(lab('a', 'b', 'c'));
    await ready(3);
    const held = await world.accept(await world.submit(['bare']));
    const id = await world.submit(['bare', 'bare', 'bare']);
    await world.eventually('it waits', () => said(running, 'request', id)[0] === 'wait NO_FREE_MACHINE');
    running.config.set(lab('a', 'b'));
    await world.failed(id);
    expect(said(running, 'request', id)).toEqual(['decline REQUEST_OVER_MACHINES']);
    await world.giveBack(held);
  });
});

describe('the node of a static machine says why it is withdrawn', () => {
  it('when the machine leaves the configuration', async () => {
    const running = await world.start(lab('a', 'b'));
    await ready(2);
    const gone = world.nodes.find(({ hostname }) => hostname === 'b')?.id ?? '';
    running.config.set(lab('a'));
    await world.eventually('it is withdrawn', () => world.node(gone) === undefined);
    expect(said(running, 'node', gone)).toContain('withdraw MACHINE_NOT_CONFIGURED');
  });

  it('when the machine does not answer when it is to be handed out', async () => {
    const running = await world.start(lab('a'));
    const [node = ''] = await ready(1);
    world.machines.takeAway('a');
    await world.submit(['bare']);
    await world.eventually('it is withdrawn', () => world.node(node) === undefined);
    expect(said(running, 'node', node)).toContain('withdraw MACHINE_UNFIT');
    const entry = running.journal.entries('node', node).find(({ decision }) => decision.verdict === 'withdraw');
    expect(entry?.decision.because[0]).toMatchObject({ machine: 'a:22', problem: 'a does not answer' });
  });
});
