import 'reflect-metadata';
import { ServiceNotifier, takeServiceSettings } from '../../adapters/systemd/service-notifier.js';
import { apiModules } from '../composition/admin-module.js';
import { launcherModule } from '../composition/daemon-modules.js';
import { intervalsFrom } from '../composition/intervals.js';
import { TOKENS } from '../composition/tokens.js';
import { currentEnvironment } from './current-environment.js';
import { openProcess } from './daemon.js';
import type { DaemonArguments } from './daemon-arguments.js';
import { daemonProgram } from './daemon-arguments.js';
import { dumpOnSignal } from './debug-dump.js';
import { openApi } from './open-api.js';
import { openWeb } from './open-web.js';
import { logUnexpectedEnd, runDaemon } from './run-daemon.js';
import { untilAskedToStop } from './signals.js';
import { watchMainThread } from './watch-main-thread.js';

const PID_FILE = '/var/run/nodepool/nodepool.pid';
const LOG_FILE = '/var/log/nodepool/nodepool.log';
const PROGRAM = daemonProgram('nodepool-launcher', 'Node pool.', PID_FILE, [{ flag: '--no-webapp' }]);

/** The daemon nodepool-launcher: launches and deletes nodes (spec LAUNCHER 2, BUILDER 3.5). */
async function main(args: DaemonArguments, started: () => void): Promise<number> {
  // SIGTERM ends at once: what is unfinished is cleaned up by the next launcher.
  process.once('SIGTERM', () => process.exit(0));
  const asked = untilAskedToStop(['SIGINT', 'SIGUSR1']);
  const serviceSettings = takeServiceSettings(process.env);
  const { launcher: intervals } = intervalsFrom(currentEnvironment());
  const running = await openProcess(
    { ...args, reader: 'launcher', logTo: args.foreground ? 'stdout' : { file: LOG_FILE } },
    [launcherModule(intervals), ...apiModules()],
  );
  const { container, logger } = running;
  logUnexpectedEnd(logger);
  watchMainThread(logger);
  const config = container.get(TOKENS.config).current;
  const launcher = container.get(TOKENS.launcher);
  const leases = config.leaseApi ? container.get(TOKENS.leaseGateway) : null;
  const api = config.leaseApi ? container.get(TOKENS.api) : null;
  dumpOnSignal(PROGRAM.name, logger, [launcher, container.get(TOKENS.leaseStatus), ...(leases ? [leases] : [])]);
  const service = new ServiceNotifier(serviceSettings, logger.child('service'));
  const web = args.values.has('--no-webapp') ? null : container.get(TOKENS.web);
  const starting = new AbortController();
  const runs = (async () => {
    if (web) {
      const port = await openWeb(web, config.webapp.listenAddress, config.webapp.port);
      logger.info(`The web interface listens at ${config.webapp.listenAddress}:${port}`);
    }
    if (api && config.leaseApi) await openApi(api, config.leaseApi, config.leaseTokens?.length ?? 0, logger);
    started();
    const told = service.ready('Waiting for ZooKeeper');
    await launcher.start(starting.signal);
    await leases?.start(starting.signal);
    logger.info('The launcher runs');
    await told;
    await service.status('Serving requests');
  })();
  const signal = await Promise.race([asked, runs.then(() => asked)]);
  logger.info(`${signal}: stopping`);
  const told = service.stopping(`Stopping after ${signal}`);
  starting.abort(new Error(`stopped by ${signal}`));
  await runs.catch(() => undefined);
  await Promise.all([web?.close(), api?.close()]);
  // Nodes of leases are let go before anybody here could take them for abandoned.
  await leases?.stop();
  await launcher.stop();
  await container.get(TOKENS.providers).stop();
  await running.close();
  await told;
  return 0;
}

runDaemon(PROGRAM, PID_FILE, main);
