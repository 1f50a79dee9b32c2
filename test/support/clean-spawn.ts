import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { withCleanDescriptors } from '../../src/adapters/system/clean-descriptors.js';

/**
 * Starts a program that inherits nothing but its standard streams, as the product starts its own. Tests that use the C client of
 * ZooKeeper have its socket, which every child would inherit: once closed here it would live on there, the event loop would hear of it for
 * ever under a number that belongs to the next connection, and that one never came up.
 */
export function spawnClean(argv: readonly [string, ...string[]], options: SpawnOptions): ChildProcess {
  const [command, ...args] = withCleanDescriptors(argv);
  return spawn(command, args, options);
}
