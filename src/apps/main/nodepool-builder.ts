import 'reflect-metadata';
import { RunningGroups } from '../../adapters/system/running-groups.js';
import { builderConfigProblem } from '../builder/builder-config-check.js';
import { builderModule } from '../composition/daemon-modules.js';
import { imageBuildingModule } from '../composition/image-building-module.js';
import { intervalsFrom } from '../composition/intervals.js';
import { TOKENS } from '../composition/tokens.js';
import { checkImagesDir } from './check-images-dir.js';
import { currentEnvironment, openProcess } from './daemon.js';
import { countOption, daemonProgram } from './daemon-arguments.js';
import type { DaemonArguments } from './daemon-arguments.js';
import { logUnexpectedEnd, runDaemon } from './run-daemon.js';
import { untilAskedToStop } from './signals.js';

const PID_FILE = '/var/run/nodepool/nodepool-builder.pid';
const LOG_FILE = '/var/log/nodepool/nodepool-builder.log';

const OWN_OPTIONS = [
  { flag: '--build-workers', metavar: 'BUILD_WORKERS', help: 'number of build workers (default: 1)' },
  { flag: '--upload-workers', metavar: 'UPLOAD_WORKERS', help: 'number of upload workers (default: 4)' },
  { flag: '--fake', help: 'Do not actually run diskimage-builder (used for testing) (default: False)' },
] as const;

const PROGRAM = daemonProgram('nodepool-builder', 'NodePool Image Builder.', PID_FILE, OWN_OPTIONS);

/** The daemon nodepool-builder: builds images and uploads them (spec BUILDER 2, 3.5). */
async function main(args: DaemonArguments, up: () => void): Promise<number> {
  const workers = {
    build: countOption(args.values, '--build-workers', 1),
    upload: countOption(args.values, '--upload-workers', 4),
  };
  const asked = untilAskedToStop(['SIGINT']);
  // Ends at once, but not without its builds: the next builder would take them for dead while they go on writing.
  process.once('SIGTERM', (signal) => {
    RunningGroups.killAll();
    process.kill(process.pid, signal);
  });
  const { builder: intervals } = intervalsFrom(currentEnvironment());
  const running = await openProcess({ ...args, logTo: args.foreground ? 'stdout' : { file: LOG_FILE } }, [
    imageBuildingModule(args.values.has('--fake')),
    builderModule({ intervals, workers }),
  ]);
  const { container, logger } = running;
  logUnexpectedEnd(logger);
  process.on('SIGUSR2', () => logger.warn('SIGUSR2: the debug dump is not available yet'));
  try {
    const config = container.get(TOKENS.config).current;
    const problem = builderConfigProblem(config);
    if (problem !== null) throw new Error(problem);
    await checkImagesDir(config.imagesDir ?? '');
  } catch (error) {
    await running.close();
    throw error;
  }
  const builder = container.get(TOKENS.builder);
  up();
  const started = builder.start().then(() => logger.info('The builder runs'));
  const signal = await Promise.race([asked, started.then(() => asked)]);
  logger.info(`${signal}: stopping`);
  await builder.stop();
  await started.catch(() => undefined);
  await running.close();
  return 0;
}

runDaemon(PROGRAM, PID_FILE, main);
