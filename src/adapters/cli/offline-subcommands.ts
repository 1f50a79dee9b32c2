/** The subcommands that need no session. */
import type { CommandLineContext } from './command-line-context.js';
import { commonOptions } from './common-options.js';
import { completionScript } from './completion/completion-script.js';
import { NODEPOOL_PROGRAM } from './nodepool-program.js';
import type { RequestedRun } from './parse-arguments.js';
import { listOf, textOf, type Values } from './parsed-values.js';
import type { NameKind, Shell } from './program-spec.js';
import type { StoreOrder } from './store-tool.js';

/** Answers the exit status. @throws Error saying what is wrong */
type OfflineSubcommand = (context: CommandLineContext, run: RequestedRun) => Promise<number> | number;

const OFFLINE = {
  completion: printCompletion,
  init: initialize,
  'config-validate': validate,
  names: listNames,
  drivers: listDrivers,
  'driver-test': testDriver,
  store: runStoreTool,
} as const satisfies Readonly<Record<string, OfflineSubcommand>>;

export type OfflineCommandName = keyof typeof OFFLINE;

export function isOffline(command: string): command is OfflineCommandName {
  return Object.hasOwn(OFFLINE, command);
}

export async function runOffline(
  command: OfflineCommandName,
  context: CommandLineContext,
  run: RequestedRun,
): Promise<number> {
  return OFFLINE[command](context, run);
}

function printCompletion({ stdout }: CommandLineContext, { values }: RequestedRun): number {
  stdout.write(completionScript(NODEPOOL_PROGRAM, textOf(values, 'shell') as Shell));
  return 0;
}

async function initialize({ init, stdout }: CommandLineContext, { options, values }: RequestedRun): Promise<number> {
  const order = {
    kind: textOf(values, 'kind'),
    configPath: textOf(options, '-c'),
    securePath: textOf(options, '-s'),
  };
  await init(order, (line) => void stdout.write(`${line}\n`));
  return 0;
}

async function validate(context: CommandLineContext, { options }: RequestedRun): Promise<number> {
  const { stderr, environment } = context;
  const { configPath, securePath } = commonOptions(options, environment);
  stderr.write(`validating ${configPath}\n`);
  const { errors, warnings } = await context.validate(configPath, securePath);
  for (const warning of warnings) stderr.write(`${warning}\n`);
  for (const error of errors) stderr.write(`${error}\n`);
  if (errors.length > 0) return 1;
  stderr.write('Configuration validation complete\n');
  return 0;
}

async function listNames(context: CommandLineContext, { options, values }: RequestedRun): Promise<number> {
  const { configPath, securePath } = commonOptions(options, context.environment);
  const names = await context.names(textOf(values, 'kind') as NameKind, configPath, securePath);
  for (const name of names) context.stdout.write(`${name}\n`);
  return 0;
}

async function listDrivers(context: CommandLineContext, { options }: RequestedRun): Promise<number> {
  const { configPath } = commonOptions(options, context.environment);
  for (const line of await context.drivers.list(configPath)) context.stdout.write(`${line}\n`);
  return 0;
}

async function testDriver({ drivers, stdout }: CommandLineContext, { values }: RequestedRun): Promise<number> {
  const order = {
    module: textOf(values, 'module') ?? '',
    configPath: textOf(values, '--config') ?? '',
    provider: textOf(values, '--provider'),
    bench: textOf(values, '--bench'),
    only: listOf(values, '--only'),
  };
  const kept = await drivers.test(order, (line) => void stdout.write(`${line}\n`));
  return kept ? 0 : 1;
}

async function runStoreTool(context: CommandLineContext, { options, values }: RequestedRun): Promise<number> {
  const { stdin, stdout, stderr } = context;
  const common = commonOptions(options, context.environment);
  const order = storeOrder(values);
  const problem = storeOrderProblem(order);
  if (problem !== undefined) {
    stderr.write(`nodepool store: error: ${problem}\n`);
    return 2;
  }
  return context.store(common, order, { stdin, stdout, stderr });
}

function storeOrder(values: Values): StoreOrder {
  return {
    // The parser lets nothing else through.
    action: textOf(values, 'action') as StoreOrder['action'],
    file: textOf(values, 'file') ?? null,
    zookeeper: values.has('--zookeeper'),
    force: values.has('--force'),
  };
}

type StoreAction = StoreOrder['action'];

const WITH_FILE: ReadonlySet<StoreAction> = new Set<StoreAction>(['backup', 'restore']);
const WITH_ZOOKEEPER: ReadonlySet<StoreAction> = new Set<StoreAction>(['export', 'import']);
const WITH_FORCE: ReadonlySet<StoreAction> = new Set<StoreAction>(['restore', 'import']);

function storeOrderProblem({ action, file, zookeeper, force }: StoreOrder): string | undefined {
  const needsFile = WITH_FILE.has(action);
  if (needsFile === (file === null)) return `store ${action} ${needsFile ? 'needs a FILE' : 'takes no FILE'}`;
  if (zookeeper && !WITH_ZOOKEEPER.has(action)) return '--zookeeper goes with export and import only';
  if (force && !WITH_FORCE.has(action)) return '--force goes with restore and import only';
  return undefined;
}
