import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../../../src/adapters/cli/command-line.js';
import { insightLines } from '../../../src/domain/presentation/insight-text.js';
import { Administration } from '../../../src/apps/administration/administration.js';
import { RecordExplanations } from '../../../src/apps/administration/record-explanations.js';
import type { LauncherOpinions } from '../../../src/ports/administration/launcher-opinions.js';
import { aDiskImage, aPoolLabel } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';
import { document, fencedBlocks } from './documents.js';

const LAUNCHER = 'http://nl01.example.org:8005';

/** Commands with what they print: `$ nodepool …` and the lines below. */
const examples = fencedBlocks(document('docs/guide/troubleshooting.md'))
  .filter(({ language }) => language === 'console')
  .map(({ text }) => {
    const [command = '', ...output] = text.split('\n');
    return { command: command.replace(/^\$ /, ''), output: output.join('\n') };
  });

let world: LauncherWorld;
/** The requests that wait. Their numbers, and all that is random, stand for others in the guide. */
let waiting: readonly string[] = [];
let run: (command: string) => Promise<string>;

const SHOWN = ['200-0000000041', '200-0000000042'] as const;

function real(command: string): string {
  return SHOWN.reduce((text, id, index) => text.replace(id, waiting[index] ?? ''), command);
}

function shown(output: string): string {
  const named = waiting.reduce((text, id, index) => text.replaceAll(id, SHOWN[index] ?? ''), output);
  return named
    .replace(/\b900-\d{10}\b/g, '900-0000000043')
    .replace(/\b[0-9a-f]{32}\b/g, '3f7a1c9e5b2d4860a1b2c3d4e5f60718');
}

/** A pool of two nodes that are in use, and two requests that wait: the situation which the guide shows. */
beforeAll(async () => {
  world = new LauncherWorld(5, { bootTime: 20 });
  await world.seedImage('debian');
  const image = { pause: false, configDrive: null, meta: {}, connectionType: 'ssh', connectionPort: 22 };
  const label = aPoolLabel('small', { image: { kind: 'diskimage', name: 'debian' } });
  const config = simpleConfig({
    maxServers: 2,
    minReady: 1,
    pool: { labels: new Map([['small', label]]) },
    provider: { diskImages: new Map([['debian', { name: 'debian', ...image }]]) },
    top: { diskImages: new Map([['debian', aDiskImage({ name: 'debian' })]]) },
  });
  const { journal, launcher } = await world.start(config, 'nl01');
  const records = world.client;
  const { clock, logger } = world;
  const { insights } = launcher;
  const explanations = new RecordExplanations({ records, config: () => config, journal, clock, insights });
  const opinions: LauncherOpinions = {
    ask: async (address, kind, id, _signal, changes) => {
      if (address !== LAUNCHER) return { address, kind: 'silent', problem: 'connection refused' };
      const known = explanations.explain(kind, id, changes);
      if (!known) return { address, kind: 'unknown' };
      const findings = known.insight ? insightLines(known.insight, clock.now()) : [];
      return { address, kind: 'answered', opinions: known.opinions, findings };
    },
  };
  const store = world.clientStore;
  const provider = (): never => {
    throw new Error('no provider is asked');
  };
  const administration = new Administration({
    records,
    store,
    config: () => config,
    provider,
    opinions,
    clock,
    logger,
  });
  run = async (command) => {
    let stdout = '';
    const { queries, aliens, commands, inquiries, progress } = administration;
    const session = { queries, aliens, commands, inquiries, progress, close: () => Promise.resolve() };
    const commandLine = new CommandLine({
      open: () => Promise.resolve(session),
      store: async () => 0,
      drivers: { list: async () => [], test: async () => true },
      init: async () => undefined,
      names: async () => [],
      leases: { open: () => Promise.reject(new Error('no gateway')) },
      validate: () => Promise.resolve({ errors: [], warnings: [] }),
      stdout: { write: (text) => void (stdout += text) },
      stderr: { write: (text) => void (stdout += text) },
      stdin: Readable.from([]),
      clock,
      environment: {},
      version: 'test',
    });
    await commandLine.run(command.split(/\s+/).slice(1));
    return stdout;
  };
  await world.eventually('one is kept ready', () => world.nodes.some(({ state }) => state === 'ready'));
  await world.accept(await world.submit());
  await world.accept(await world.submit());
  await world.clock.advance(60);
  waiting = [await world.submit(), await world.submit()];
  await world.clock.advance(252);
});
afterAll(() => world.end());

describe('the guide shows what nodepool explain says', () => {
  it('of a request, a node, a label and an image, by way of a launcher', () => {
    const kinds = examples.map(({ command }) => /^nodepool explain (\w+) /.exec(command)?.[1]);
    expect(kinds).toEqual(expect.arrayContaining(['request', 'node', 'label', 'image', 'pool', 'provider']));
    expect(examples.some(({ command }) => command.startsWith('nodepool explain --launcher'))).toBe(true);
    expect(examples.some(({ command }) => command.includes('--if max-servers=3'))).toBe(true);
    expect(examples.some(({ command }) => command.includes(`--launcher ${LAUNCHER}`))).toBe(true);
  });

  it.each(examples)('$command', async ({ command, output }) => {
    expect(shown(await run(real(command)))).toBe(output);
  });
});
