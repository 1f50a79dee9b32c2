import 'reflect-metadata';
import { launcherModule } from '../composition/daemon-modules.js';
import { intervalsFrom } from '../composition/intervals.js';
import { TOKENS } from '../composition/tokens.js';
import { currentEnvironment, openProcess } from './daemon.js';
import { daemonProgram } from './daemon-arguments.js';
import type { DaemonArguments } from './daemon-arguments.js';
import { openWeb } from './open-web.js';
import { logUnexpectedEnd, runDaemon } from './run-daemon.js';
import { untilAskedToStop } from './signals.js';

const PID_FILE = '/var/run/nodepool/nodepool.pid';
const LOG_FILE = '/var/log/nodepool/nodepool.log';
const PROGRAM = daemonProgram('nodepool-launcher', 'Node pool.', PID_FILE, [{ flag: '--no-webapp' }]);

/** The daemon nodepool-launcher: launches and deletes nodes (spec LAUNCHER 2, BUILDER 3.5). */
async function main(args: DaemonArguments, up: () => void): Promise<number> {
  // SIGTERM ends at once: what is unfinished is cleaned up by the next launcher.
  process.once('SIGTERM', () => process.exit(0));
  const asked = untilAskedToStop(['SIGINT', 'SIGUSR1']);
  const { launcher: intervals } = intervalsFrom(currentEnvironment());
  const running = await openProcess({ ...args, logTo: args.foreground ? 'stdout' : { file: LOG_FILE } }, [
    launcherModule(intervals),
  ]);
  const { container, logger } = running;
  logUnexpectedEnd(logger);
  process.on('SIGUSR2', () => logger.warn('SIGUSR2: the debug dump is not available yet'));
  const config = container.get(TOKENS.config).current;
  const launcher = container.get(TOKENS.launcher);
  const web = args.values.has('--no-webapp') ? null : container.get(TOKENS.web);
  const starting = new AbortController();
  const started = (async () => {
    if (web) {
      const port = await openWeb(web, config.webapp.listenAddress, config.webapp.port);
      logger.info(`The web interface listens at ${config.webapp.listenAddress}:${port}`);
    }
    up();
    await launcher.start(starting.signal);
    logger.info('The launcher runs');
  })();
  const signal = await Promise.race([asked, started.then(() => asked)]);
  logger.info(`${signal}: stopping`);
  starting.abort(new Error(`stopped by ${signal}`));
  await started.catch(() => undefined);
  await web?.close();
  await launcher.stop();
  await running.close();
  return 0;
}

runDaemon(PROGRAM, PID_FILE, main);
