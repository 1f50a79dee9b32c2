import type { CommonOptions } from '../../adapters/cli/session.js';
import type { StoreOrder, StoreTool, Streams } from '../../adapters/cli/store-tool.js';
import { loadConfig } from '../../adapters/config-yaml/load-config.js';
import { ApiConnection } from '../../adapters/http-client/api-connection.js';
import { ApiUnreachableError } from '../../adapters/http-client/api-errors.js';
import { HttpAdministration } from '../../adapters/http-client/http-administration.js';
import type { NodepoolConfig, StoreConfig } from '../../domain/config/config.js';
import { StoreInUseError } from '../../ports/coordination/store-engine.js';
import type { StoreLine } from '../../ports/administration/store-contents.js';
import { currentEnvironment } from './current-environment.js';
import { loadOptions } from './load-options.js';
import { socketOf } from './open-socket.js';
import { exportZooKeeper, importZooKeeper } from './zookeeper-copy.js';

/** `nodepool store`: what is done beside a daemon goes through its socket, all else through the files. */
export const storeTool: StoreTool = async (options, order, streams) => {
  const write = (line: object): void => void streams.stdout.write(`${JSON.stringify(line)}\n`);
  if (options.url !== null) {
    if (order.action === 'export' && !order.zookeeper) {
      for (const line of await contentsOver(options.url, false)) write(line);
      return 0;
    }
    throw new Error(`store ${order.action} works on this machine only, not with --url`);
  }
  const { config } = await loadConfig(loadOptions(options.configPath, options.securePath, currentEnvironment()));
  if (order.zookeeper) return onZooKeeper(config, options, order, streams);
  const { store } = config;
  if (!store) throw new Error('No store specified in config: set store.directory, or give --zookeeper');
  return onStore(store, config, order, streams);
};

async function onZooKeeper(
  { zookeeper }: NodepoolConfig,
  options: CommonOptions,
  { action, force }: StoreOrder,
  streams: Streams,
): Promise<number> {
  if (!zookeeper) throw new Error('No ZooKeeper servers specified in config.');
  if (action === 'export') {
    for (const line of await exportZooKeeper(zookeeper, options)) streams.stdout.write(`${JSON.stringify(line)}\n`);
    return 0;
  }
  const { readLines } = await import('../composition/store-files.js');
  const count = await importZooKeeper(zookeeper, options, await readLines(streams.stdin), force, (what) =>
    streams.stderr.write(`${what}\n`),
  );
  streams.stderr.write(`${count} records were imported into ZooKeeper\n`);
  return 0;
}

/** A running daemon is asked for the contents; all else is for when there is none. */
async function onStore(
  store: StoreConfig,
  config: NodepoolConfig,
  order: StoreOrder,
  streams: Streams,
): Promise<number> {
  switch (order.action) {
    case 'export':
      return exportStore(await contents(config, store, false), streams);
    case 'backup':
      return backUp(store, order.file ?? '', await contents(config, store, true), streams);
    case 'dump':
    case 'check':
    case 'restore':
    case 'import':
      return onFiles(store, { ...order, action: order.action }, streams);
  }
}

function exportStore(lines: readonly StoreLine[], { stdout }: Streams): number {
  for (const line of lines) stdout.write(`${JSON.stringify(line)}\n`);
  return 0;
}

async function backUp(
  { directory }: StoreConfig,
  file: string,
  lines: readonly StoreLine[],
  { stderr }: Streams,
): Promise<number> {
  const files = await import('../composition/store-files.js');
  await files.writeBackup(file, lines);
  await files.noteBackupOf(directory, file, lines.length);
  stderr.write(`${lines.length} records were written to ${file}\n`);
  return 0;
}

async function onFiles(
  { directory }: StoreConfig,
  order: StoreOrder & { readonly action: 'dump' | 'check' | 'restore' | 'import' },
  { stdin, stdout, stderr }: Streams,
): Promise<number> {
  const { action, force } = order;
  const file = order.file ?? '';
  const files = await import('../composition/store-files.js');
  const holder = await files.holderOf(directory);
  if (holder !== null) throw new StoreInUseError(directory, holder);
  if (action === 'dump') {
    await files.dumpStore(directory, (line) => stdout.write(`${JSON.stringify(line)}\n`));
    return 0;
  }
  if (action === 'check') return files.checkStore(directory, (line) => stdout.write(`${line}\n`));
  const lines = action === 'restore' ? await files.readBackup(file) : await files.readLines(stdin);
  for (const words of await files.replaceContents(directory, lines, force)) stderr.write(`${words}\n`);
  stderr.write(`${lines.length} records are in ${directory} now\n`);
  return 0;
}

/** Of the running daemon, or else of its store. */
async function contents(config: NodepoolConfig, store: StoreConfig, whole: boolean): Promise<readonly StoreLine[]> {
  try {
    return await contentsOver(`unix:${socketOf(config) ?? ''}`, whole);
  } catch (error) {
    const files = await import('../composition/store-files.js');
    const away = error instanceof ApiUnreachableError && !error.sent;
    if (!away || (await files.holderOf(store.directory)) !== null) throw error;
    return files.linesOfFiles(store.directory, whole);
  }
}

async function contentsOver(url: string, whole: boolean): Promise<readonly StoreLine[]> {
  const connection = ApiConnection.open(url, currentEnvironment());
  try {
    return await (await HttpAdministration.open(connection, [])).contents.read(whole);
  } finally {
    await connection.close();
  }
}
