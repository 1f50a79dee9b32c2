import { expect, test } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { UnbornNodes } from '../../../src/apps/launcher/unborn-nodes.js';
import { ConnectionLostError } from '../../../src/ports/coordination/errors.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

const OURS = { launcher: 'ours' };

function unbornNodes() {
  const clock = new VirtualClock();
  return { clock, unborn: new UnbornNodes(clock, { isOwn: (launcher) => launcher === OURS.launcher }) };
}

test('a node of ours that no creation can have made is nobody’s', () => {
  const { unborn } = unbornNodes();
  unborn.note('1');
  expect(unborn.isOrphan('1', OURS)).toBe(true);
  expect(unborn.isOrphan('1', { launcher: 'theirs' })).toBe(false);
  expect(unborn.isOrphan('1', { launcher: null })).toBe(false);
  expect(unborn.isOrphan('never seen', OURS)).toBe(false);
});

test('whatever may be the one that a creation makes is left to it until it has ended, which is told', async () => {
  const { clock, unborn } = unbornNodes();
  const told: string[] = [];
  const before = unborn.begin();
  await clock.advance(1);
  unborn.note('1');
  const leave = unborn.onEnd((node) => told.push(node));
  expect(unborn.isOrphan('1', OURS)).toBe(false);
  await clock.advance(1);
  const after = unborn.begin();
  before.end();
  before.end();
  expect(told).toEqual(['1']);
  expect(unborn.isOrphan('1', OURS)).toBe(true);
  leave();
  after.end();
  expect(told).toEqual(['1']);
});

test('a creation whose node is known keeps that one only', () => {
  const { unborn } = unbornNodes();
  const creation = unborn.begin();
  unborn.note('1');
  unborn.note('2');
  creation.made('2');
  expect(unborn.isOrphan('1', OURS)).toBe(true);
  expect(unborn.isOrphan('2', OURS)).toBe(false);
});

test('what a creation leaves whose answer was lost goes at once though its request is gone, and keeps no room', async () => {
  const world = new LauncherWorld();
  await world.seedImage();
  const running = await world.start(simpleConfig({ maxServers: 1 }));
  const { nodes } = running.services.records;
  const create = nodes.create.bind(nodes);
  let lost = '';
  nodes.create = async (node) => {
    const created = await create(node);
    if (lost !== '') return created;
    lost = created.id;
    await world.client.requests.remove(String(node.allocatedTo));
    throw new ConnectionLostError('The connection was lost', null);
  };
  await world.submit();
  await world.eventually('its record is there', () => lost !== '');
  await world.eventually('its room is free', () => world.node(lost) === undefined, 10);
  await world.fulfilled(await world.submit());
  await world.end();
});

test('a node that somebody takes before we have its lock is theirs, and another one is made', async () => {
  const world = new LauncherWorld();
  await world.seedImage();
  await world.start(simpleConfig());
  const first = '/nodepool/nodes/0000000000';
  world.onceLocking(`${first}/lock`, () => world.meddle(first, { state: 'hold' }));
  const nodes = await world.fulfilled(await world.submit());
  expect(nodes).toEqual(['0000000001']);
  expect(world.node('0000000000')?.state).toBe('hold');
  await world.end();
});
