import 'reflect-metadata';
import { CommandLine } from '../../adapters/cli/command-line.js';
import type { ConfigFindings, OpenSession } from '../../adapters/cli/session.js';
import { validateConfig } from '../../adapters/config-yaml/load-config.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { formatProblem, formatWarning } from '../../domain/config/config-problem.js';
import { administrationModule } from '../composition/daemon-modules.js';
import { TOKENS } from '../composition/tokens.js';
import { connectInTime } from './connect-in-time.js';
import { driverTools } from './driver-tools.js';
import { currentEnvironment, loadOptions, openProcess } from './daemon.js';
import { runMain } from './run-main.js';
import { packageVersion } from './version.js';

const open: OpenSession = async (options, mirrors) => {
  // `--debug` counts more than a logging configuration (spec BUILDER 3.1).
  const logConfigPath = options.debug ? null : options.logConfigPath;
  const running = await openProcess(
    { ...options, logConfigPath, logTo: 'stderr', driversWhenAsked: true, reader: 'launcher' },
    [administrationModule()],
  );
  const { container } = running;
  const administration = container.get(TOKENS.administration);
  const close = async (): Promise<void> => {
    await container.get(TOKENS.providers).stop();
    await running.close();
  };
  try {
    const { zookeeper } = container.get(TOKENS.config).current;
    await connectInTime(container.get(TOKENS.clock), options.connectTimeout, zookeeper, async (signal) => {
      await container.get(TOKENS.store).session.connected(signal);
      await container.get(TOKENS.records).open(mirrors, signal);
    });
  } catch (error: unknown) {
    await close();
    throw error;
  }
  return {
    queries: administration.queries,
    aliens: administration.aliens,
    commands: administration.commands,
    inquiries: administration.inquiries,
    progress: administration.progress,
    close,
  };
};

async function validate(configPath: string, securePath: string | null): Promise<ConfigFindings> {
  const { errors, warnings } = await validateConfig(loadOptions(configPath, securePath, currentEnvironment()));
  return { errors: errors.map((error) => formatProblem(error)), warnings: warnings.map(formatWarning) };
}

/** The command line `nodepool` (OPERATION "Command Line Tools"). */
function main(): Promise<number> {
  const { stdout, stderr, stdin } = process;
  const line = new CommandLine({
    open,
    validate,
    drivers: driverTools,
    stdout,
    stderr,
    stdin,
    clock: new SystemClock(),
    environment: currentEnvironment(),
    version: packageVersion(),
  });
  return line.run(process.argv.slice(2));
}

runMain('nodepool', main);
