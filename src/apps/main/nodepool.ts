import 'reflect-metadata';
import { CommandLine } from '../../adapters/cli/command-line.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { currentEnvironment } from './current-environment.js';
import { runMain } from './run-main.js';
import { packageVersion } from './version.js';

/**
 * The command line `nodepool` (OPERATION "Command Line Tools"). What a command does not need is not loaded: `run` is started often, on machines
 * that have other things to do, and has no use for a store or for drivers.
 */
function main(): Promise<number> {
  const { stdout, stderr, stdin } = process;
  const line = new CommandLine({
    open: async (...order) => (await import('./open-session.js')).openSession(...order),
    validate: async (...files) => (await import('./configuration-questions.js')).validate(...files),
    names: async (...order) => (await import('./configuration-questions.js')).configuredNames(...order),
    drivers: {
      list: async (...order) => (await import('./driver-tools.js')).driverTools.list(...order),
      test: async (...order) => (await import('./driver-tools.js')).driverTools.test(...order),
    },
    init: async (order, print) => (await import('./init-tools.js')).initialize(order, currentEnvironment(), print),
    leases: { open: async (options) => (await import('./open-lease-clerk.js')).openLeaseClerk(options) },
    store: async (...order) => (await import('./store-tool.js')).storeTool(...order),
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
