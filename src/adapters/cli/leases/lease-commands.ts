import { LeaseFailure, type LeaseDesk, type LeaseNews } from '../../../ports/lease-client/lease-desk.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import { printable } from '../../../domain/presentation/printable.js';
import { splitChoices } from '../check-value.js';
import { wantsColours } from '../colours.js';
import { listOf, textOf, type Values } from '../parsed-values.js';
import { ProgressLine } from '../progress-line.js';
import type { CommonOptions, TextSink } from '../session.js';
import type { LeaseContext, LeaseSubcommand } from './lease-context.js';
import { LEASE_COMMANDS, RUN_USAGE } from './lease-program.js';
import { leaseStatus } from './lease-status.js';
import * as leases from './lease-subcommands.js';
import type { LeaseTools } from './lease-tools.js';
import { makeToken } from './make-token.js';
import { runOnMachine } from './run-subcommand.js';

export type LeaseCommandName = (typeof LEASE_COMMANDS)[number]['name'];

const SUBCOMMANDS: Readonly<Record<Exclude<LeaseCommandName, 'token'>, LeaseSubcommand>> = {
  run: runOnMachine,
  lease: leases.takeLease,
  'lease-list': leases.listLeases,
  'lease-show': leases.showLease,
  'lease-renew': leases.renewLease,
  'lease-extend': leases.extendLease,
  'lease-release': leases.releaseLeases,
};

export function isLeaseCommand(name: string): name is LeaseCommandName {
  return LEASE_COMMANDS.some((command) => command.name === name);
}

export interface LeaseCall {
  readonly leases: LeaseTools;
  readonly options: CommonOptions;
  readonly values: Values;
  /** The operator has said how long a gateway may be away. */
  readonly patienceGiven: boolean;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string>>;
}

/** Carries out a command about leases. Answers the exit status; what went wrong stands on the standard error. */
export async function runLeaseCommand(name: LeaseCommandName, call: LeaseCall): Promise<number> {
  let desk: LeaseDesk | undefined;
  try {
    if (name === 'token') return printToken(call);
    desk = await openDesk(call);
    return await SUBCOMMANDS[name](contextOf(call, desk));
  } catch (error) {
    const failure = asError(error);
    const stack = call.options.debug ? failure.stack : undefined;
    // Whoever pressed Ctrl-C knows.
    const known = failure instanceof LeaseFailure && failure.why === 'stopped';
    if (!known) call.stderr.write(`nodepool: ${stack ?? printable(failure.message)}\n`);
    return leaseStatus(failure, name === 'run' ? RUN_USAGE : 2);
  } finally {
    await desk?.close();
  }
}

/** Where the gateway is has been said wrongly, or not at all: that is about the command line. */
async function openDesk({ leases: tools, options }: LeaseCall): Promise<LeaseDesk> {
  try {
    return await tools.open(options);
  } catch (error) {
    throw new LeaseFailure('usage', asError(error).message);
  }
}

function contextOf(call: LeaseCall, desk: LeaseDesk): LeaseContext {
  const { values, stdout, clock, environment, options } = call;
  return {
    desk,
    news: newsOn(call),
    optional: (key) => textOf(values, key),
    all: (key) => listOf(values, key),
    given: (flag) => values.has(flag),
    print: (line) => void stdout.write(`${line}\n`),
    stdout,
    clock,
    get now() {
      return clock.now();
    },
    colours: wantsColours(stdout, environment),
    patience: call.patienceGiven ? options.connectTimeout : null,
  };
}

function newsOn({ stderr, clock, environment }: LeaseCall): LeaseNews {
  const line = new ProgressLine(stderr, clock, environment);
  return {
    waiting: (text) => line.show(text),
    done: () => line.end(),
    note: (text) => void stderr.write(`nodepool: ${printable(text)}\n`),
  };
}

function printToken({ values, stdout }: LeaseCall): number {
  const [name, scopes] = [values.get('name'), values.get('--scopes')];
  if (typeof name !== 'string' || name.trim() === '' || name === 'local') {
    throw new LeaseFailure('usage', "a token needs a name of its own ('local' is whoever asks on the unix socket)");
  }
  const token = makeToken(name, typeof scopes === 'string' ? splitChoices(scopes) : []);
  stdout.write(
    `${token.text}\n\n# It is not shown again. These lines go into the secure file (-s):\n${token.lines.join('\n')}\n`,
  );
  return 0;
}
