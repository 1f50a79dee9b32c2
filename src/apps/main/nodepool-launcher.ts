import 'reflect-metadata';
import { ServiceNotifier, takeServiceSettings } from '../../adapters/systemd/service-notifier.js';
import { apiModules } from '../composition/admin-module.js';
import { launcherModule } from '../composition/daemon-modules.js';
import { intervalsFrom } from '../composition/intervals.js';
import { TOKENS } from '../composition/tokens.js';
import { currentEnvironment } from './current-environment.js';
import { openProcess, type NodepoolProcess } from './daemon.js';
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
  const running = await openLauncher(args);
  const { container, logger } = running;
  logUnexpectedEnd(logger);
  watchMainThread(logger);
  const parts = partsOf(running, args);
  const { launcher, leases } = parts;
  dumpOnSignal(PROGRAM.name, logger, [launcher, container.get(TOKENS.leaseStatus), ...(leases ? [leases] : [])]);
  const service = new ServiceNotifier(serviceSettings, logger.child('service'));
  const starting = new AbortController();
  const runs = (async () => {
    await listen(running, parts);
    started();
    await serve(running, parts, service, starting.signal);
  })();
  const signal = await Promise.race([asked, runs.then(() => asked)]);
  logger.info(`${signal}: stopping`);
  const told = service.stopping(`Stopping after ${signal}`);
  starting.abort(new Error(`stopped by ${signal}`));
  await runs.catch(() => undefined);
  await stop(running, parts);
  await told;
  return 0;
}

function openLauncher(args: DaemonArguments): Promise<NodepoolProcess> {
  const { launcher: intervals } = intervalsFrom(currentEnvironment());
  return openProcess({ ...args, reader: 'launcher', logTo: args.foreground ? 'stdout' : { file: LOG_FILE } }, [
    launcherModule(intervals),
    ...apiModules(),
  ]);
}

type Parts = ReturnType<typeof partsOf>;

/** Null: not in this process. */
function partsOf({ container }: NodepoolProcess, { values }: DaemonArguments) {
  const { leaseApi } = container.get(TOKENS.config).current;
  return {
    launcher: container.get(TOKENS.launcher),
    leases: leaseApi ? container.get(TOKENS.leaseGateway) : null,
    api: leaseApi ? container.get(TOKENS.api) : null,
    web: values.has('--no-webapp') ? null : container.get(TOKENS.web),
  };
}

/** @throws Error saying which setting to change */
async function listen({ container, logger }: NodepoolProcess, { web, api }: Parts): Promise<void> {
  const { webapp, leaseApi, leaseTokens = [] } = container.get(TOKENS.config).current;
  if (web) {
    const port = await openWeb(web, webapp.listenAddress, webapp.port);
    logger.info(`The web interface listens at ${webapp.listenAddress}:${port}`);
  }
  if (api && leaseApi) await openApi(api, leaseApi, leaseTokens.length, logger);
}

async function serve(
  { logger }: NodepoolProcess,
  { launcher, leases }: Parts,
  service: ServiceNotifier,
  signal: AbortSignal,
): Promise<void> {
  const told = service.ready('Waiting for ZooKeeper');
  await launcher.start(signal);
  await leases?.start(signal);
  logger.info('The launcher runs');
  await told;
  await service.status('Serving requests');
}

async function stop(running: NodepoolProcess, { launcher, leases, api, web }: Parts): Promise<void> {
  await Promise.all([web?.close(), api?.close()]);
  // Nodes of leases are let go before anybody here could take them for abandoned.
  await leases?.stop();
  await launcher.stop();
  await running.container.get(TOKENS.providers).stop();
  await running.close();
}

runDaemon(PROGRAM, PID_FILE, main);
