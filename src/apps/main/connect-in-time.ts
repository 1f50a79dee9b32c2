import type { ZooKeeperConfig } from '../../domain/config/config.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { DeadlineError, withDeadline } from '../../ports/toolkit/deadline.js';

/** No server answered in time. */
export class ConnectTimeoutError extends Error {
  readonly code = 'NP_CONNECT_TIMEOUT';
  override readonly name = 'ConnectTimeoutError';
}

/**
 * Carries out what needs the store, within `seconds` (Infinity: however long it takes).
 * @throws ConnectTimeoutError naming the servers and what may be done about it
 */
export async function connectInTime(
  clock: Clock,
  seconds: number,
  zookeeper: Pick<ZooKeeperConfig, 'servers' | 'tls'> | null,
  connect: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    await withDeadline(clock, seconds, 'connecting', new AbortController().signal, connect);
  } catch (error: unknown) {
    if (!(error instanceof DeadlineError)) throw error;
    const servers = (zookeeper?.servers ?? []).map(({ host, port }) => `${host}:${port}`).join(', ');
    const tls = zookeeper?.tls ? ' with TLS' : '';
    const hint = 'see that it runs and that zookeeper-servers and zookeeper-tls are right';
    throw new ConnectTimeoutError(
      `ZooKeeper at ${servers} cannot be reached${tls}: no session within ${seconds} s; ${hint} (--connect-timeout allows more time)`,
      { cause: error },
    );
  }
}
