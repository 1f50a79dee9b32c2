import 'reflect-metadata';
import type { ApiListener } from '../../adapters/http/api/api-listener.js';
import { ServiceNotifier, takeServiceSettings } from '../../adapters/systemd/service-notifier.js';
import { builderConfigProblem } from '../builder/builder-config-check.js';
import { apiModules } from '../composition/admin-module.js';
import { builderModule, launcherModule } from '../composition/daemon-modules.js';
import { imageBuildingModule } from '../composition/image-building-module.js';
import { intervalsFrom } from '../composition/intervals.js';
import { TOKENS } from '../composition/tokens.js';
import { checkImagesDir } from './check-images-dir.js';
import { currentEnvironment } from './current-environment.js';
import { openProcess } from './daemon.js';
import type { NodepoolProcess } from './daemon.js';
import type { DaemonArguments } from './daemon-arguments.js';
import { countOption, daemonProgram } from './daemon-arguments.js';
import { dumpOnSignal } from './debug-dump.js';
import { openListeners } from './open-socket.js';
import { openWeb } from './open-web.js';
import { logUnexpectedEnd, runDaemon } from './run-daemon.js';
import { untilAskedToStop } from './signals.js';
import { PATIENCE, runDemo } from './standalone-demo.js';
import { watchMainThread } from './watch-main-thread.js';

const PID_FILE = '/var/run/nodepool/nodepool-standalone.pid';
const LOG_FILE = '/var/log/nodepool/nodepool-standalone.log';

const OWN_OPTIONS = [
  { flag: '--build-workers', metavar: 'BUILD_WORKERS', help: 'number of build workers (default: 1)' },
  { flag: '--upload-workers', metavar: 'UPLOAD_WORKERS', help: 'number of upload workers (default: 4)' },
  { flag: '--fake', help: 'Do not actually run diskimage-builder (used for testing) (default: False)' },
  { flag: '--no-webapp' },
  {
    flag: '--demo',
    help: 'show what Nodepool does, in the foreground, with its store in .quickstart (without -c: the example that comes with Nodepool)',
  },
  { flag: '--once', help: 'with --demo: do the main job once and exit: 0 if it was done, 1 if it was not' },
  {
    flag: '--patience',
    metavar: 'SECONDS',
    help: `with --demo: how long the main job may take until it counts as not done (default: ${PATIENCE})`,
  },
  { flag: '--config', metavar: 'FILE', help: 'with --demo: the same as -c' },
  { flag: '--log', help: 'with --demo: show the log as well' },
] as const;
const PROGRAM = daemonProgram(
  'nodepool-standalone',
  'Node pool on one machine: launcher, builder, web interface and store in one process, without ZooKeeper.',
  PID_FILE,
  OWN_OPTIONS,
);

/** The daemon nodepool-standalone. */
async function main(args: DaemonArguments, started: () => void): Promise<number> {
  if (args.values.has('--demo')) return runDemo(args);
  for (const flag of ['--once', '--patience', '--config', '--log'])
    if (args.values.has(flag)) throw new Error(`${flag} goes with --demo only`);
  const asked = untilAskedToStop(['SIGINT', 'SIGTERM', 'SIGUSR1']);
  const serviceSettings = takeServiceSettings(process.env);
  const running = await openStandalone(args);
  const { container, logger } = running;
  logUnexpectedEnd(logger);
  watchMainThread(logger);
  const launcher = container.get(TOKENS.launcher);
  const builder = withBuilder(running) ? container.get(TOKENS.builder) : null;
  const leases = container.get(TOKENS.leaseGateway);
  const parts = [launcher, ...(builder ? [builder] : []), leases];
  dumpOnSignal(PROGRAM.name, logger, [...parts, container.get(TOKENS.leaseStatus)]);
  const service = new ServiceNotifier(serviceSettings, logger.child('service'));
  const starting = new AbortController();
  const runs = (async () => {
    started();
    const told = service.ready('Starting');
    await launcher.start(starting.signal);
    await builder?.start();
    await leases.start(starting.signal);
    logger.info(builder ? 'Launcher and builder run' : 'The launcher runs; without diskimages there is no builder');
    await told;
    await service.status('Serving requests');
  })();
  const signal = await Promise.race([asked, runs.then(() => asked)]);
  logger.info(`${signal}: stopping, ending builds`);
  const told = service.stopping(`Stopping after ${signal}`);
  starting.abort(new Error(`stopped by ${signal}`));
  await runs.catch(() => undefined);
  await running.api.close();
  // Nodes of leases are let go before anybody here could take them for abandoned.
  await leases.stop();
  await Promise.all([launcher.stop(), builder?.stop({ killBuilds: true })]);
  await container.get(TOKENS.providers).stop();
  await running.close();
  await told;
  return 0;
}

/** Everything that may be wrong with the configuration or the machine shows here; nothing runs yet. */
async function openStandalone(args: DaemonArguments): Promise<NodepoolProcess & { readonly api: ApiListener }> {
  const workers = {
    build: countOption(args.values, '--build-workers', 1),
    upload: countOption(args.values, '--upload-workers', 4),
  };
  const intervals = intervalsFrom(currentEnvironment());
  const running = await openProcess(
    { ...args, place: 'store', logTo: args.foreground ? 'stdout' : { file: LOG_FILE } },
    [
      imageBuildingModule(args.values.has('--fake')),
      launcherModule(intervals.launcher),
      builderModule({ intervals: intervals.builder, workers }),
      ...apiModules(),
    ],
  );
  try {
    if (withBuilder(running)) await checkBuilder(running);
    const { store } = running.container.get(TOKENS.config).current;
    const open = args.values.has('--no-webapp') ? running : await withWeb(running);
    return { ...open, api: await openListeners(running, store?.directory ?? null) };
  } catch (error) {
    await running.close();
    throw error;
  }
}

/** Machines that exist already need no images, and no place for them. */
function withBuilder({ container }: NodepoolProcess): boolean {
  const { diskImages, imagesDir } = container.get(TOKENS.config).current;
  return diskImages.size > 0 || imagesDir !== null;
}

async function checkBuilder({ container }: NodepoolProcess): Promise<void> {
  const config = container.get(TOKENS.config).current;
  const problem = builderConfigProblem(config, { zookeeper: false });
  if (problem !== null) throw new Error(problem);
  await checkImagesDir(config.imagesDir ?? '');
}

async function withWeb(running: NodepoolProcess): Promise<NodepoolProcess> {
  const { listenAddress, port } = running.container.get(TOKENS.config).current.webapp;
  const web = running.container.get(TOKENS.web);
  const actual = await openWeb(web, listenAddress, port);
  running.logger.info(`The web interface listens at ${listenAddress}:${actual}`);
  return {
    ...running,
    close: async () => {
      await web.close();
      await running.close();
    },
  };
}

runDaemon(PROGRAM, PID_FILE, main);
