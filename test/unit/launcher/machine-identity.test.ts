/** Machines that exist by themselves are one machine per host and port, whoever logs in. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import { LauncherWorld } from '../../support/launcher-world.js';
import { load } from '../config/config-harness.js';

let world: LauncherWorld;

beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

const CASES = path.resolve(import.meta.dirname, '../../fixtures/cases');
const caseOf = async (file: string): Promise<NodepoolConfig> => load(await readFile(path.join(CASES, file), 'utf8'));

async function story(before: NodepoolConfig, after: NodepoolConfig): Promise<void> {
  const { config } = await world.start(before);
  const job = await world.accept(await world.submit(['bench']));
  config.set(after);
  const second = await world.submit(['bench']);
  await world.steadily('the second job waits, and there is one record', () => {
    return world.request(second)?.state !== 'fulfilled' && world.nodes.length === 1;
  });
  await world.giveBack(job);
  const [node = ''] = await world.fulfilled(second);
  expect(world.node(node)).toMatchObject({ username: 'root', slot: 0 });
  expect(world.nodes).toHaveLength(1);
}

describe('[CASE static-before.yaml, static-after.yaml]', () => {
  it('[C21] a machine whose user is renamed while a job has it is given to no second job', async () => {
    await story(await caseOf('static-before.yaml'), await caseOf('static-after.yaml'));
  });

  it('[C21] a free one is offered with its new user, as the same record', async () => {
    const { config } = await world.start(await caseOf('static-before.yaml'));
    await world.eventually('it is offered', () => world.nodes[0]?.state === 'ready');
    const [{ id } = { id: '' }] = world.nodes;
    config.set(await caseOf('static-after.yaml'));
    await world.eventually('the new user is told', () => world.nodes.some(({ username }) => username === 'root'));
    expect(world.nodes.map((node) => node.id)).toEqual([id]);
  });

  it('[C21] two entries for one host and port are two places on purpose, each with its own user', async () => {
    const entry = (username: string): string =>
      `{name: bench-1.example.org, labels: [bench], username: ${username}, host-key-checking: false}`;
    await world.start(
      await load(
        `labels: [{name: bench}]\nproviders:\n  - {name: racks, driver: static, pools: [{name: main, nodes: [${entry('ci')}, ${entry('root')}]}]}\n`,
      ),
    );
    await world.eventually('both are offered', () => world.nodes.filter(({ state }) => state === 'ready').length === 2);
    await world.steadily('no more are', () => world.nodes.length === 2);
    expect(world.nodes.map(({ username }) => username).sort()).toEqual(['ci', 'root']);
    const nodes = await world.fulfilled(await world.submit(['bench', 'bench']));
    expect(new Set(nodes).size).toBe(2);
  });
});
