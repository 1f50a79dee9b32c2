import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiListener } from '../../adapters/http/api/api-listener.js';
import { asError } from '../../ports/toolkit/sleep.js';
import { apiModules } from '../composition/admin-module.js';
import { builderModule, launcherModule } from '../composition/daemon-modules.js';
import { imageBuildingModule } from '../composition/image-building-module.js';
import { intervalsFrom } from '../composition/intervals.js';
import { TOKENS } from '../composition/tokens.js';
import { DemoClient } from '../standalone/demo-client.js';
import { Narrator } from '../standalone/narrator.js';
import { currentEnvironment } from './current-environment.js';
import { openProcess } from './daemon.js';
import type { NodepoolProcess } from './daemon.js';
import type { DaemonArguments } from './daemon-arguments.js';
import { countOption } from './daemon-arguments.js';
import { openListeners } from './open-socket.js';
import { openWeb } from './open-web.js';
import { untilAskedToStop } from './signals.js';
import { watchMainThread } from './watch-main-thread.js';

/** Seconds: with the fake cloud the whole main job takes about two. */
export const PATIENCE = 120;

const EXAMPLE = fileURLToPath(new URL('../../../examples/quickstart.yaml', import.meta.url));
/** Where store, images and log of the demonstration are, in the current directory. */
const FOLDER = '.quickstart';

/** Seconds; short, for nobody is to wait for the locks of a demonstration that was killed. */
const SESSION_TIMEOUT = 3;

interface DemoOptions {
  readonly configPath: string;
  readonly once: boolean;
  readonly log: boolean;
  /** Seconds that the main job may take. */
  readonly patience: number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `nodepool-standalone --demo`, which `npm run quickstart` starts: Nodepool at work, told in short lines. */
export async function runDemo({ values, configPath }: DaemonArguments): Promise<number> {
  const other = values.get('--config');
  const given = values.has('-c') ? configPath : typeof other === 'string' ? path.resolve(other) : null;
  const folder = path.resolve(FOLDER);
  await mkdir(path.join(folder, 'images'), { recursive: true });
  return runIn(folder, {
    configPath: given ?? EXAMPLE,
    once: values.has('--once'),
    log: values.has('--log'),
    patience: countOption(values, '--patience', PATIENCE),
  });
}

async function runIn(folder: string, options: DemoOptions): Promise<number> {
  const asked = untilAskedToStop(['SIGINT', 'SIGTERM']);
  const again = existsSync(path.join(folder, 'store'));
  const running = await openDemo(folder, options);
  watchMainThread(running.logger);
  const { container } = running;
  const builder = container.get(TOKENS.builder);
  const launcher = container.get(TOKENS.launcher);
  const web = container.get(TOKENS.web);
  const leases = container.get(TOKENS.leaseGateway);
  let api: ApiListener | null = null;
  const stopping = new AbortController();
  const narrator = narratorOf(running);
  try {
    const address = await announce(running, options);
    api = await openListeners(running, path.join(folder, 'store')).catch((error: unknown) => {
      // The path of a socket must not be long, and a demonstration may be anywhere.
      say(`  no commands beside it: ${asError(error).message}`);
      return null;
    });
    await launcher.start(stopping.signal);
    sayWhatIsThere(running, again);
    const endNarration = narrator.start();
    await builder.start();
    await leases.start(stopping.signal);
    const job = mainJob(running, narrator, options.patience, stopping.signal);
    const first = await Promise.race([job, asked]);
    if (typeof first !== 'number' || options.once) return typeof first === 'number' ? first : 0;
    say(`Nodepool goes on running; look at ${address}/ with a browser, end it with Ctrl-C.`);
    if (api) say(`Commands work beside it: nodepool --url unix:${folder}/store/nodepool.sock list`);
    await asked;
    endNarration();
    return first;
  } finally {
    stopping.abort(new Error('stopping'));
    await Promise.all([web.close(), api?.close()]);
    await leases.stop();
    await Promise.all([launcher.stop(), builder.stop({ killBuilds: true })]);
    await running.close();
  }
}

function openDemo(folder: string, { configPath, log }: DemoOptions): Promise<NodepoolProcess> {
  const environment = { ...currentEnvironment(), NODEPOOL_STANDALONE_DIR: folder };
  const intervals = intervalsFrom(environment);
  return openProcess(
    {
      configPath,
      securePath: null,
      debug: false,
      logTo: log ? 'stdout' : { file: path.join(folder, 'nodepool.log') },
      place: { directory: path.join(folder, 'store'), sessionTimeout: SESSION_TIMEOUT },
      environment,
    },
    [
      imageBuildingModule(true),
      launcherModule(intervals.launcher),
      builderModule({ intervals: intervals.builder }),
      ...apiModules(),
    ],
  );
}

function narratorOf({ container }: NodepoolProcess): Narrator {
  return new Narrator(container.get(TOKENS.records), container.get(TOKENS.clock), say, container.get(TOKENS.journal));
}

/** A second start goes on where the first one ended. */
function sayWhatIsThere({ container }: NodepoolProcess, again: boolean): void {
  if (!again) return say(`  store: ${FOLDER}/store (remove ${FOLDER} to begin anew)`);
  const records = container.get(TOKENS.records);
  const builds = [...records.images.view.builds()].length;
  const nodes = [...records.nodes.view.all()].length;
  const counts = [counted(builds, 'image build'), counted(nodes, 'node')].join(' and ');
  say(`  going on where it ended: ${counts} in ${FOLDER}/store (remove ${FOLDER} to begin anew)`);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

async function announce({ container }: NodepoolProcess, options: DemoOptions): Promise<string> {
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
