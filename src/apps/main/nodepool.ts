import 'reflect-metadata';
import { CommandLine } from '../../adapters/cli/command-line.js';
import { validateConfig } from '../../adapters/config-yaml/load-config.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { formatProblem } from '../../domain/config/config-problem.js';
import { driverTools } from './driver-tools.js';
import { currentEnvironment, loadOptions } from './daemon.js';
import { openSession } from './open-session.js';
import { runMain } from './run-main.js';
import { packageVersion } from './version.js';

async function validate(configPath: string, securePath: string | null): Promise<readonly string[]> {
  const { errors } = await validateConfig(loadOptions(configPath, securePath, currentEnvironment()));
  return errors.map(formatProblem);
}

/** The command line `nodepool` (OPERATION "Command Line Tools"). */
function main(): Promise<number> {
  const { stdout, stderr, stdin } = process;
  const line = new CommandLine({
    open: openSession,
    validate,
    drivers: driverTools,
    init: async (order, print) => (await import('./init-tools.js')).initialize(order, currentEnvironment(), print),
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
