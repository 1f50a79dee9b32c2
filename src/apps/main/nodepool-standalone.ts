import 'reflect-metadata';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProgramSpec } from '../../adapters/cli/program-spec.js';
import { HELP_OPTION, VERSION_OPTION } from '../../adapters/cli/program-spec.js';
import { asError } from '../../ports/runtime/clock.js';
import { builderModule, launcherModule } from '../composition/daemon-modules.js';
import { imageBuildingModule } from '../composition/image-building-module.js';
import { intervalsFrom } from '../composition/intervals.js';
import { TOKENS } from '../composition/tokens.js';
import { DemoClient } from '../standalone/demo-client.js';
import { Narrator } from '../standalone/narrator.js';
import { currentEnvironment, openProcess } from './daemon.js';
import type { NodepoolProcess } from './daemon.js';
import { countOption, readOptions } from './daemon-arguments.js';
import { openWeb } from './open-web.js';
import { runMain } from './run-main.js';
import { untilAskedToStop } from './signals.js';
import { watchMainThread } from './watch-main-thread.js';

/** Seconds: with the fake cloud the whole main job takes about two. */
const PATIENCE = 120;

const PROGRAM: ProgramSpec = {
  name: 'nodepool-standalone',
  description: 'All of Nodepool in one process: memory store, fake image builder, the clouds of the configuration.',
  options: [
    HELP_OPTION,
    VERSION_OPTION,
    { flag: '--once', help: 'do the main job once and exit: 0 if it was done, 1 if it was not' },
    { flag: '--config', metavar: 'FILE', help: 'nodepool.yaml to use (default: the example that comes with Nodepool)' },
    {
      flag: '--patience',
      metavar: 'SECONDS',
      help: `how long the main job may take until it counts as not done (default: ${PATIENCE})`,
    },
    { flag: '--no-demo', help: 'do not submit a request of our own' },
    { flag: '--log', help: 'show the log as well' },
  ],
  commands: [],
};

const EXAMPLE = fileURLToPath(new URL('../../../examples/quickstart.yaml', import.meta.url));

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The program nodepool-standalone, which `npm run quickstart` starts (DESIGN 9). */
async function main(): Promise<number> {
  const options = readOptions(PROGRAM);
  if (typeof options === 'number') return options;
  const config = options.get('--config');
  const patience = countOption(options, '--patience', PATIENCE);
  const scratch = await mkdtemp(path.join(tmpdir(), 'nodepool-standalone-'));
  await mkdir(path.join(scratch, 'images'));
  try {
    return await runIn(scratch, {
      configPath: typeof config === 'string' ? config : EXAMPLE,
      once: options.has('--once'),
      demo: !options.has('--no-demo'),
      log: options.has('--log'),
      patience,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface StandaloneOptions {
  readonly configPath: string;
  readonly once: boolean;
  readonly demo: boolean;
  readonly log: boolean;
  /** Seconds that the main job may take. */
  readonly patience: number;
}

async function runIn(scratch: string, options: StandaloneOptions): Promise<number> {
  const environment = { ...currentEnvironment(), NODEPOOL_STANDALONE_DIR: scratch };
  const asked = untilAskedToStop(['SIGINT', 'SIGTERM']);
  const intervals = intervalsFrom(environment);
  const running = await openProcess(
    {
      configPath: options.configPath,
      securePath: null,
      debug: false,
      logTo: options.log ? 'stdout' : { file: path.join(scratch, 'nodepool.log') },
      memory: true,
      environment,
    },
    [imageBuildingModule(true), launcherModule(intervals.launcher), builderModule({ intervals: intervals.builder })],
  );
  watchMainThread(running.logger);
  const { container } = running;
  const builder = container.get(TOKENS.builder);
  const launcher = container.get(TOKENS.launcher);
  const web = container.get(TOKENS.web);
  const stopping = new AbortController();
  const narrator = new Narrator(container.get(TOKENS.records), container.get(TOKENS.clock), say);
  try {
    const address = await announce(running, options);
    await launcher.start(stopping.signal);
    const endNarration = narrator.start();
    await builder.start();
    const job = options.demo ? mainJob(running, narrator, options.patience, stopping.signal) : Promise.resolve(0);
    const first = await Promise.race([job, asked]);
    if (typeof first !== 'number' || options.once) return typeof first === 'number' ? first : 0;
    say(`Nodepool goes on running; look at ${address}/ with a browser, end it with Ctrl-C.`);
    await asked;
    endNarration();
    return first;
  } finally {
    stopping.abort(new Error('stopping'));
    await web.close();
    await Promise.all([launcher.stop(), builder.stop({ killBuilds: true })]);
    await running.close();
  }
}

async function announce({ container }: NodepoolProcess, options: StandaloneOptions): Promise<string> {
  const config = container.get(TOKENS.config).current;
  const counts = [
    [config.providers.size, 'provider'],
    [config.labels.size, 'label'],
    [config.diskImages.size, 'image'],
  ] as const;
  const words = counts.map(([count, noun]) => `${count} ${noun}${count === 1 ? '' : 's'}`);
  say(`Nodepool is starting: ${words.join(', ')} (${path.relative('.', options.configPath)})`);
  const { listenAddress, port } = config.webapp;
  const web = container.get(TOKENS.web);
  // With --once nobody will look: a port that is taken must not make the difference.
  const actual = await openWeb(web, listenAddress, options.once ? 0 : port);
  const address = `http://${listenAddress === '0.0.0.0' ? '127.0.0.1' : listenAddress}:${actual}`;
  say(`  web interface: ${address}/`);
  return address;
}

/** Waits for an image, then asks for one node of each label that a single pool offers, uses them and gives them back. */
async function mainJob(
  { container }: NodepoolProcess,
  narrator: Narrator,
  patience: number,
  signal: AbortSignal,
): Promise<number> {
  const clock = container.get(TOKENS.clock);
  const records = container.get(TOKENS.records);
  const config = container.get(TOKENS.config).current;
  const pools = [...config.providers.values()].flatMap((provider) => [...provider.pools.values()]);
  const labels = [...(pools[0]?.labels.keys() ?? [])];
  const controller = new AbortController();
  const cancel = clock.schedule(patience, () => controller.abort(new Error(`it was not done within ${patience} s`)));
  const onStop = (): void => controller.abort(new Error('stopped'));
  signal.addEventListener('abort', onStop, { once: true });
  try {
    const client = new DemoClient(records, clock);
    await client.imagesUploaded(config, controller.signal);
    const nodes = await client.useNodes(labels, controller.signal);
    await client.nodesGone(nodes, controller.signal);
    narrator.line('The main job is done: image built and uploaded, nodes launched, used and deleted.');
    return 0;
  } catch (error) {
    if (!signal.aborted) process.stderr.write(`The main job was not done: ${asError(error).message}\n`);
    return 1;
  } finally {
    cancel();
    signal.removeEventListener('abort', onStop);
  }
}

runMain('nodepool-standalone', main);
