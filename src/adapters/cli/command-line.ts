import type { Readable } from 'node:stream';
import { asError, type Clock } from '../../ports/runtime/clock.js';
import { isSeconds } from './check-value.js';
import { wantsColours } from './colours.js';
import { completionScript } from './completion/completion-script.js';
import { explainSubject } from './explain-subcommand.js';
import { runInit } from './init-subcommand.js';
import * as lists from './list-subcommands.js';
import { isLeaseCommand, runLeaseCommand, type LeaseCommandName } from './leases/lease-commands.js';
import type { LeaseTools } from './leases/lease-tools.js';
import { NODEPOOL_PROGRAM, type CommandName } from './nodepool-program.js';
import * as orders from './order-subcommands.js';
import { parseArguments, type Values } from './parse-arguments.js';
import type { NameKind, Shell } from './program-spec.js';
import type {
  CommonOptions,
  ConfiguredNames,
  DriverTools,
  Initialize,
  OpenSession,
  Session,
  TextSink,
  ValidateConfig,
} from './session.js';
import type { StoreOrder, StoreTool } from './store-tool.js';
import type { Subcommand, SubcommandContext } from './subcommand.js';

export interface CommandLineContext {
  readonly open: OpenSession;
  readonly validate: ValidateConfig;
  readonly names: ConfiguredNames;
  readonly drivers: DriverTools;
  readonly init: Initialize;
  readonly store: StoreTool;
  readonly leases: LeaseTools;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Read only when a question is asked. */
  readonly stdin: Readable;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string>>;
  readonly version: string;
}

/** Seconds that connecting may take. The original waits for ever, and leaves it to the operator to guess for what. */
const CONNECT_TIMEOUT = 30;
const CONNECT_VARIABLE = 'NODEPOOL_CONNECT_TIMEOUT';
const URL_VARIABLE = 'NODEPOOL_URL';

const DEFAULT_CONFIG = '/etc/nodepool/nodepool.yaml';

/** None of these needs a session. */
type WithoutSession =
  'config-validate' | 'init' | 'completion' | 'names' | 'drivers' | 'driver-test' | 'store' | LeaseCommandName;

const SUBCOMMANDS: Readonly<Record<Exclude<CommandName, WithoutSession>, Subcommand>> = {
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
const READING: ReadonlySet<CommandName> = new Set<CommandName>([
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
    if (parsed.kind === 'usage') {
      stderr.write(parsed.text);
      return parsed.exitCode;
    }
    if (parsed.kind === 'print') {
      stdout.write(parsed.text);
      return parsed.exitCode;
    }
    const command = parsed.command as CommandName;
    try {
      if (command === 'completion') {
        stdout.write(completionScript(NODEPOOL_PROGRAM, parsed.values.get('shell') as Shell));
        return 0;
      }
      if (command === 'init') return await runInit(this.context, parsed.options, parsed.values);
      const options = this.commonOptions(parsed.options);
      if (isLeaseCommand(command)) {
        const given = parsed.options.has('--connect-timeout');
        return await runLeaseCommand(command, {
          ...this.context,
          options,
          values: parsed.values,
          patienceGiven: given,
        });
      }
      if (command === 'config-validate') return await this.validate(options);
      if (command === 'names') return await this.listNames(options, parsed.values.get('kind') as NameKind);
      if (command === 'drivers') return await this.listDrivers(options);
      if (command === 'driver-test') return await this.testDriver(parsed.values);
      if (command === 'store') return await this.runStoreTool(options, parsed.values);
      const purpose = READING.has(command) ? 'read' : 'order';
      await this.runSubcommand(SUBCOMMANDS[command], options, parsed.values, purpose, signal);
      return 0;
    } catch (error: unknown) {
      stderr.write(`nodepool: ${describe(asError(error), parsed.options.has('--debug'))}\n`);
      return 1;
    }
  }

  private async validate({ configPath, securePath }: CommonOptions): Promise<number> {
    const { stderr } = this.context;
    stderr.write(`validating ${configPath}\n`);
    const { errors, warnings } = await this.context.validate(configPath, securePath);
    for (const warning of warnings) stderr.write(`${warning}\n`);
    for (const error of errors) stderr.write(`${error}\n`);
    if (errors.length > 0) return 1;
    stderr.write('Configuration validation complete\n');
    return 0;
  }

  private async listNames({ configPath, securePath }: CommonOptions, kind: NameKind): Promise<number> {
    const names = await this.context.names(kind, configPath, securePath);
    for (const name of names) this.context.stdout.write(`${name}\n`);
    return 0;
  }

  private async listDrivers({ configPath }: CommonOptions): Promise<number> {
    for (const line of await this.context.drivers.list(configPath)) this.context.stdout.write(`${line}\n`);
    return 0;
  }

  private async testDriver(values: Values): Promise<number> {
    const optional = (name: string): string | undefined => {
      const value = values.get(name);
      return typeof value === 'string' ? value : undefined;
    };
    const only = values.get('--only');
    const order = {
      module: optional('module') ?? '',
      configPath: optional('--config') ?? '',
      provider: optional('--provider'),
      bench: optional('--bench'),
      only: typeof only === 'object' ? only : [],
    };
    const kept = await this.context.drivers.test(order, (line) => void this.context.stdout.write(`${line}\n`));
    return kept ? 0 : 1;
  }

  private async runStoreTool(options: CommonOptions, values: Values): Promise<number> {
    const text = (name: string): string | null => {
      const value = values.get(name);
      return typeof value === 'string' ? value : null;
    };
    // The parser lets nothing else through.
    const action = text('action') as StoreOrder['action'];
    const file = text('file');
    const needsFile = action === 'backup' || action === 'restore';
    const wrong =
      needsFile === (file === null)
        ? `store ${action} ${needsFile ? 'needs a FILE' : 'takes no FILE'}`
        : values.has('--zookeeper') && action !== 'export' && action !== 'import'
          ? `--zookeeper goes with export and import only`
          : values.has('--force') && action !== 'restore' && action !== 'import'
            ? `--force goes with restore and import only`
            : null;
    if (wrong !== null) {
      this.context.stderr.write(`nodepool store: error: ${wrong}\n`);
      return 2;
    }
    const { stdin, stdout, stderr } = this.context;
    const order = { action, file, zookeeper: values.has('--zookeeper'), force: values.has('--force') };
    return this.context.store(options, order, { stdin, stdout, stderr });
  }

  private async runSubcommand(
    subcommand: Subcommand,
    options: CommonOptions,
    values: Values,
    purpose: 'read' | 'order',
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const followed = values.has('--wait') ? (subcommand.followedIn ?? []) : [];
    const session = await this.context.open(options, [...subcommand.mirrors, ...followed], purpose);
    try {
      await subcommand.run(this.subcommandContext(session, values, signal));
    } finally {
      await session.close();
    }
  }

  private subcommandContext(session: Session, values: Values, signal: AbortSignal | undefined): SubcommandContext {
    const { stdout, stderr, stdin, clock, environment } = this.context;
    const optional = (name: string): string | undefined => {
      const value = values.get(name);
      return typeof value === 'string' ? value : undefined;
    };
    return {
      queries: session.queries,
      aliens: session.aliens,
      commands: session.commands,
      inquiries: session.inquiries,
      progress: session.progress,
      close: () => session.close(),
      value: (name) => optional(name) ?? '',
      optional,
      all: (flag) => {
        const value = values.get(flag);
        return typeof value === 'object' ? value : [];
      },
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

  /** @throws UnusableTimeoutError */
  private commonOptions(values: Values): CommonOptions {
    const text = (flag: string): string | undefined => {
      const value = values.get(flag);
      return typeof value === 'string' ? value : undefined;
    };
    return {
      configPath: text('-c') ?? DEFAULT_CONFIG,
      securePath: text('-s') ?? null,
      logConfigPath: text('-l') ?? null,
      debug: values.has('--debug'),
      connectTimeout: connectTimeout(text('--connect-timeout') ?? this.context.environment[CONNECT_VARIABLE]),
      url: (text('--url') ?? this.context.environment[URL_VARIABLE] ?? '').trim() || null,
    };
  }
}

/** An environment variable has a value that cannot be used. */
class UnusableTimeoutError extends Error {
  readonly code = 'NP_UNUSABLE_TIMEOUT';
  override readonly name = 'UnusableTimeoutError';
}

function connectTimeout(given: string | undefined): number {
  if (given === undefined || given === '') return CONNECT_TIMEOUT;
  if (!isSeconds(given)) {
    throw new UnusableTimeoutError(`${CONNECT_VARIABLE}: expected a number of seconds (0: no limit), found '${given}'`);
  }
  return Number(given) === 0 ? Infinity : Number(given);
}

function describe(error: Error, debug: boolean): string {
  return debug && error.stack !== undefined ? error.stack : error.message;
}
