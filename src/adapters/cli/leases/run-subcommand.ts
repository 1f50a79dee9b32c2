import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { LeaseFailure } from '../../../ports/lease-client/lease-desk.js';
import type { LeaseSubcommand } from './lease-context.js';
import { readWish } from './read-wish.js';

/** What is wrong with the command line is told before a machine is taken. */
export const runOnMachine: LeaseSubcommand = async (context) => {
  const { desk, news, patience, given, all, optional } = context;
  const [program, ...rest] = all('command');
  if (program === undefined || program === '') throw new LeaseFailure('usage', 'the command after -- is empty');
  const [local, sync] = [given('--local'), given('--sync')];
  if (local && sync)
    throw new LeaseFailure('usage', '--sync copies to the machine, and with --local nothing runs there');
  const identity = optional('--identity');
  const order = {
    wish: readWish(context),
    patience,
    command: [program, ...rest] as const,
    local,
    sync,
    identity: identity === undefined ? null : readable(identity),
  };
  return desk.run(order, news);
};

function readable(file: string): string {
  try {
    accessSync(file, constants.R_OK);
    return path.resolve(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LeaseFailure('usage', `--identity: ${file} cannot be read (${code ?? 'unknown reason'})`);
  }
}
