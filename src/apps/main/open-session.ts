import type { CommonOptions, OpenSession, Session } from '../../adapters/cli/session.js';
import { ApiConnection } from '../../adapters/http-client/api-connection.js';
import { ApiUnreachableError } from '../../adapters/http-client/api-errors.js';
import { HttpAdministration } from '../../adapters/http-client/http-administration.js';
import { loadConfig } from '../../adapters/config-yaml/load-config.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import type { StoreConfig } from '../../domain/config/config.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { MirrorName } from '../../ports/records/records.js';
import { administrationModule } from '../composition/daemon-modules.js';
import { TOKENS } from '../composition/tokens.js';
import { connectInTime } from './connect-in-time.js';
import { currentEnvironment } from './current-environment.js';
import { openProcess } from './daemon.js';
import { loadOptions } from './load-options.js';
import type { Place } from './open-place.js';
import { socketOf } from './open-socket.js';

/** Finds the Nodepool that a command is for: the one at a URL, the daemon of this machine, its store, or ZooKeeper. */
export const openSession: OpenSession = async (options, mirrors, purpose) => {
  if (options.url !== null) return overHttp(options.url, mirrors);
  const { config } = await loadConfig(loadOptions(options.configPath, options.securePath, currentEnvironment()));
  const socket = socketOf(config);
  if (!config.store || socket === null) return direct(options, mirrors, 'zookeeper');
  try {
    return await whenStarted(config.store, options.connectTimeout, () => overHttp(`unix:${socket}`, mirrors));
  } catch (error) {
    if (!(error instanceof ApiUnreachableError)) throw error;
    const away = `nodepool-standalone cannot be reached (${socket}: ${error.reason})`;
    if (error.sent || purpose === 'order' || (await isRunning(config.store))) throw new Error(away, { cause: error });
    const session = await fromStore(options, mirrors, config.store);
    process.stderr.write(`nodepool: ${away}; this is what its store holds\n`);
    return session;
  }
};

/** A daemon that has its store already listens soon. */
async function whenStarted<T>(store: StoreConfig, seconds: number, connect: () => Promise<T>): Promise<T> {
  const clock = new SystemClock();
  const end = clock.monotonic() + seconds;
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      const mayCome = error instanceof ApiUnreachableError && !error.sent && !error.reason.includes('permission');
      if (!mayCome || clock.monotonic() >= end || !(await isRunning(store))) throw error;
      await sleep(clock, 0.2);
    }
  }
}

async function overHttp(url: string, mirrors: readonly MirrorName[]): Promise<Session> {
  const connection = ApiConnection.open(url, currentEnvironment());
  try {
    const { queries, aliens, commands, inquiries, progress } = await HttpAdministration.open(connection, mirrors);
    return { queries, aliens, commands, inquiries, progress, close: () => connection.close() };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function isRunning({ directory }: StoreConfig): Promise<boolean> {
  const { holderOf } = await import('../../adapters/level/store-lock.js');
  return (await holderOf(directory)) !== null;
}

async function fromStore(options: CommonOptions, mirrors: readonly MirrorName[], store: StoreConfig): Promise<Session> {
  const { copyOfStore } = await import('../composition/store-copy.js');
  const copy = await copyOfStore(store.directory);
  try {
    // Nobody lives who could hold a lock: a node is not shown as locked by a daemon that was killed.
    const place = { ...store, directory: copy.directory, sessionTimeout: 0, quiet: true };
    const session = await direct(options, mirrors, place);
    return {
      ...session,
      close: async () => {
        await session.close();
        await copy.remove();
      },
    };
  } catch (error) {
    await copy.remove();
    throw error;
  }
}

async function direct(options: CommonOptions, mirrors: readonly MirrorName[], place: Place): Promise<Session> {
  // `--debug` counts more than a logging configuration (spec BUILDER 3.1).
  const logConfigPath = options.debug ? null : options.logConfigPath;
  // What goes well is told by the answer; scripts take anything on the standard error for trouble.
  const log = { logConfigPath, logTo: 'stderr', level: 'warn' } as const;
  const running = await openProcess({ ...options, ...log, place, driversWhenAsked: true, reader: 'launcher' }, [
    administrationModule(),
  ]);
  const { container } = running;
  const { queries, aliens, commands, inquiries, progress } = container.get(TOKENS.administration);
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
  return { queries, aliens, commands, inquiries, progress, close };
}
