import 'reflect-metadata';
import { ServiceNotifier, takeServiceSettings } from '../../adapters/systemd/service-notifier.js';
import { builderConfigProblem } from '../builder/builder-config-check.js';
import { builderModule } from '../composition/daemon-modules.js';
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
import { endWithin } from './end-within.js';
import { openWeb } from './open-web.js';
import { logUnexpectedEnd, runDaemon } from './run-daemon.js';
import { untilAskedToStop } from './signals.js';
import { watchMainThread } from './watch-main-thread.js';

const PID_FILE = '/var/run/nodepool/nodepool-builder.pid';
const LOG_FILE = '/var/log/nodepool/nodepool-builder.log';

const OWN_OPTIONS = [
  { flag: '--build-workers', metavar: 'BUILD_WORKERS', help: 'number of build workers (default: 1)' },
  { flag: '--upload-workers', metavar: 'UPLOAD_WORKERS', help: 'number of upload workers (default: 4)' },
  { flag: '--fake', help: 'Do not actually run diskimage-builder (used for testing) (default: False)' },
] as const;
const PROGRAM = daemonProgram('nodepool-builder', 'NodePool Image Builder.', PID_FILE, OWN_OPTIONS);

/** Seconds for an end that does not wait for builds: they get 30 to unmount and to free their loop devices. */
const QUICK_END = 45;

/** The daemon nodepool-builder: builds images and uploads them (spec BUILDER 2, 3.5). */
async function main(args: DaemonArguments, started: () => void): Promise<number | NodeJS.Signals> {
  const workers = {
    build: countOption(args.values, '--build-workers', 1),
    upload: countOption(args.values, '--upload-workers', 4),
  };
  const { asked, quickly } = stopRequests();
  const serviceSettings = takeServiceSettings(process.env);
  const running = await openBuilder(args, workers);
  const { container, logger } = running;
  logUnexpectedEnd(logger);
  watchMainThread(logger);
  const builder = container.get(TOKENS.builder);
  dumpOnSignal(PROGRAM.name, logger, [builder, container.get(TOKENS.leaseStatus)]);
  const service = new ServiceNotifier(serviceSettings, logger.child('service'));
  started();
  const ready = service.ready('Waiting for ZooKeeper');
  const runs = builder.start().then(async () => {
    logger.info('The builder runs');
    await ready;
    await service.status('Building images');
  });
  const signal = await Promise.race([asked, runs.then(() => asked)]);
  logger.info(`${signal}: stopping${quickly.aborted ? ', ending builds' : ''}`);
  const told = service.stopping(`Stopping after ${signal}`);
  const orderly = builder.stop({ killBuilds: quickly.aborted });
  const end = await endWithin(QUICK_END, quickly, orderly, () => builder.stop({ killBuilds: true }));
  if (end === 'late') logger.error(`The builder did not stop within ${QUICK_END} s; ending without its builds`);
  else {
    await runs.catch(() => undefined);
    await running.close();
    await told;
  }
  return signal === 'SIGTERM' ? signal : end === 'late' ? 1 : 0;
}

/** The first SIGINT waits for builds, the second ends them, and so does SIGTERM; whoever goes on signalling means at once. */
function stopRequests(): { readonly asked: Promise<NodeJS.Signals>; readonly quickly: AbortSignal } {
  const quickly = new AbortController();
  const hurry = (name: NodeJS.Signals): void => {
    if (quickly.signal.aborted) process.exit(1);
    quickly.abort(name);
  };
  const interrupted = untilAskedToStop(['SIGINT'], hurry);
  const terminated = untilAskedToStop(['SIGTERM'], hurry);
  void terminated.then(hurry);
  return { asked: Promise.race([interrupted, terminated]), quickly: quickly.signal };
}

async function openBuilder(
  args: DaemonArguments,
  workers: { readonly build: number; readonly upload: number },
): Promise<NodepoolProcess> {
  const { builder: intervals } = intervalsFrom(currentEnvironment());
  const running = await openProcess(
    { ...args, reader: 'builder', logTo: args.foreground ? 'stdout' : { file: LOG_FILE } },
    [imageBuildingModule(args.values.has('--fake')), builderModule({ intervals, workers })],
  );
  try {
    const config = running.container.get(TOKENS.config).current;
    const problem = builderConfigProblem(config);
    if (problem !== null) throw new Error(problem);
    await checkImagesDir(config.imagesDir ?? '');
    return await withWeb(running);
  } catch (error) {
    await running.close();
    throw error;
  }
}

/** With the metrics at a port of their own, if the configuration gives them one. @throws Error saying which setting to change */
async function withWeb(running: NodepoolProcess): Promise<NodepoolProcess> {
  const { listenAddress, builderPort } = running.container.get(TOKENS.config).current.webapp;
  if (builderPort === undefined) return running;
  const web = running.container.get(TOKENS.builderWeb);
  await openWeb(web, listenAddress, builderPort, 'builder_port');
  return {
    ...running,
    close: async () => {
      await web.close();
      await running.close();
    },
  };
}

runDaemon(PROGRAM, PID_FILE, main);
