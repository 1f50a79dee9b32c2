import type { PinoLogger } from '../../adapters/pino/pino-logger.js';
import { MainThreadWatchdog } from '../../adapters/watchdog/main-thread-watchdog.js';
import { errorFields } from '../../ports/telemetry/logger.js';

/** From now on a main thread that stands still is noticed, and the log says where it is. */
export function watchMainThread(log: PinoLogger): void {
  const logger = log.child('watchdog');
  MainThreadWatchdog.start(logger.destinations, (error) =>
    logger.warn('Nobody watches the event loop any more', errorFields(error)),
  );
}
