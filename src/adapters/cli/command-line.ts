import { asError } from '../../ports/toolkit/sleep.js';
import { wantsColours } from './colours.js';
import type { CommandLineContext } from './command-line-context.js';
import { commonOptions } from './common-options.js';
import { explainSubject } from './explain-subcommand.js';
import * as lists from './list-subcommands.js';
import { isLeaseCommand, runLeaseCommand, type LeaseCommandName } from './leases/lease-commands.js';
import { NODEPOOL_PROGRAM, type CommandName } from './nodepool-program.js';
import { isOffline, runOffline, type OfflineCommandName } from './offline-subcommands.js';
import * as orders from './order-subcommands.js';
import { parseArguments, type RequestedRun } from './parse-arguments.js';
import { listOf, textOf, type Values } from './parsed-values.js';
import type { Session } from './session.js';
import type { Subcommand, SubcommandContext } from './subcommand.js';

type SessionCommandName = Exclude<CommandName, OfflineCommandName | LeaseCommandName>;

const SUBCOMMANDS: Readonly<Record<SessionCommandName, Subcommand>> = {
  list: lists.listNodes,
  'image-list': lists.listUploads,
  'dib-image-list': lists.listBuilds,
  'image-status': lists.listImageStatus,
  'image-build': orders.buildImage,
  'alien-image-list': lists.listAlienImages,
  delete: orders.deleteNode,
  hold: orders.holdNode,
  'request-delete': orders.deleteRequest,
  'image-delete': orders.deleteUpload,
  'dib-image-delete': orders.deleteBuild,
  'request-list': lists.listRequests,
  info: lists.showProvider,
  erase: orders.eraseProvider,
  'image-pause': orders.pauseImage,
  'image-unpause': orders.unpauseImage,
  'export-image-data': orders.exportImages,
  'import-image-data': orders.importImages,
  explain: explainSubject,
};

/** These change nothing. */
const READING: ReadonlySet<SessionCommandName> = new Set<SessionCommandName>([
  'list',
  'image-list',
  'dib-image-list',
  'image-status',
  'alien-image-list',
  'request-list',
  'info',
  'explain',
  'export-image-data',
]);

/** The program `nodepool` (spec BUILDER 3). */
export class CommandLine {
  constructor(private readonly context: CommandLineContext) {}

  /**
   * Carries out one command line (without the program's name) and answers the exit status: 0, 1 for failures and for a
   * command line without a subcommand, 2 for one that cannot be understood. Never rejects.
   */
  async run(argv: readonly string[], signal?: AbortSignal): Promise<number> {
    const { stdout, stderr, version } = this.context;
    const parsed = parseArguments(NODEPOOL_PROGRAM, argv, `Nodepool version: ${version}`);
    if (parsed.kind !== 'run') {
      (parsed.kind === 'usage' ? stderr : stdout).write(parsed.text);
      return parsed.exitCode;
    }
    try {
      return await this.carryOut(parsed, signal);
    } catch (error: unknown) {
      stderr.write(`nodepool: ${describe(asError(error), parsed.options.has('--debug'))}\n`);
      return 1;
    }
  }

  private async carryOut(run: RequestedRun, signal: AbortSignal | undefined): Promise<number> {
    const command = run.command as CommandName;
    if (isOffline(command)) return runOffline(command, this.context, run);
    if (isLeaseCommand(command)) {
      const options = commonOptions(run.options, this.context.environment);
      const patienceGiven = run.options.has('--connect-timeout');
      return runLeaseCommand(command, { ...this.context, options, values: run.values, patienceGiven });
    }
    await this.runInSession(command, run, signal);
    return 0;
  }

  private async runInSession(
    command: SessionCommandName,
    { options, values }: RequestedRun,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const subcommand = SUBCOMMANDS[command];
    const common = commonOptions(options, this.context.environment);
    const followed = values.has('--wait') ? (subcommand.followedIn ?? []) : [];
    const purpose = READING.has(command) ? 'read' : 'order';
    const session = await this.context.open(common, [...subcommand.mirrors, ...followed], purpose);
    try {
      await subcommand.run(this.subcommandContext(session, values, signal));
    } finally {
      await session.close();
    }
  }

  private subcommandContext(session: Session, values: Values, signal: AbortSignal | undefined): SubcommandContext {
    const { stdout, stderr, stdin, clock, environment } = this.context;
    return {
      queries: session.queries,
      aliens: session.aliens,
      commands: session.commands,
      inquiries: session.inquiries,
      progress: session.progress,
      close: () => session.close(),
      value: (name) => textOf(values, name) ?? '',
      optional: (name) => textOf(values, name),
      all: (flag) => listOf(values, flag),
      given: (flag) => values.has(flag),
      print: (line) => void stdout.write(`${line}\n`),
      stdout,
      stderr,
      stdin,
      get now() {
        return clock.now();
      },
      clock,
      environment,
      colours: wantsColours(stdout, environment),
      signal,
    };
  }
}

function describe(error: Error, debug: boolean): string {
  return debug && error.stack !== undefined ? error.stack : error.message;
}
