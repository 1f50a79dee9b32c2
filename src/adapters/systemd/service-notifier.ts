import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';

export interface ServiceSettings {
  /** Of the unix socket that the service manager listens on. */
  readonly socket: string;
  /** Seconds without a sign of life after which the service manager ends us; null: it does not watch. */
  readonly watchdog: number | null;
  readonly searchPath: string | undefined;
}

/** What the service manager has said, null without one. Taken out of the environment: it is not meant for our children. */
export function takeServiceSettings(environment: NodeJS.ProcessEnv): ServiceSettings | null {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid, PATH: searchPath } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  if (socket === undefined || socket === '') return null;
  const forUs = pid === undefined || Number(pid) === process.pid;
  return { socket, watchdog: forUs && Number(microseconds) > 0 ? Number(microseconds) / 1e6 : null, searchPath };
}

/** Seconds that one message may take; the next sign of life must not wait for it. */
const PATIENCE = 10;

/**
 * Tells systemd that the service is up, alive, or stopping (`Type=notify`). Node has no datagram sockets of this kind, so that
 * `systemd-notify` carries the messages; units need `NotifyAccess=all` for that. Without a service manager nothing is done.
 */
export class ServiceNotifier {
  private beat: NodeJS.Timeout | null = null;
  private complained = false;

  /** @param settings null: there is no service manager */
  constructor(
    private readonly settings: ServiceSettings | null,
    private readonly logger: Logger,
  ) {}

  /** The start is done; from now on signs of life are given, by the event loop itself: one that hangs gives none. */
  async ready(status: string): Promise<void> {
    await this.send('READY=1', `STATUS=${status}`);
    const watchdog = this.settings?.watchdog ?? null;
    if (watchdog !== null && this.beat === null) {
      const beat = (): void => void this.send('WATCHDOG=1');
      // Half the time, as systemd advises.
      this.beat = setInterval(beat, (watchdog * 1000) / 2).unref();
      beat();
    }
  }

  /** One line for `systemctl status`. */
  status(text: string): Promise<void> {
    return this.send(`STATUS=${text}`);
  }

  /** The end has begun. Signs of life go on: it may take long. */
  stopping(status: string): Promise<void> {
    return this.send('STOPPING=1', `STATUS=${status}`);
  }

  /** Never rejects: a service manager that does not listen must not end us. */
  private async send(...messages: readonly string[]): Promise<void> {
    if (!this.settings) return;
    const { socket, searchPath } = this.settings;
    try {
      const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...messages], {
        env: { NOTIFY_SOCKET: socket, PATH: searchPath ?? '/usr/bin:/bin' },
        stdio: 'ignore',
        timeout: PATIENCE * 1000,
        killSignal: 'SIGKILL',
      });
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`systemd-notify ended with ${String(code)}`);
    } catch (error) {
      if (!this.complained) this.logger.warn('systemd cannot be told how we are', errorFields(error));
      this.complained = true;
    }
  }
}
