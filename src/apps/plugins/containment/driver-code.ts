/**
 * Whose code runs. Whatever a driver starts belongs to the call it was started by, also later, in timers and continuations: so a
 * pause of the whole process, or an error that nobody catches, can be laid at the right door.
 */
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import type { DriverFaults } from './driver-faults.js';

interface DriverCode {
  readonly faults: DriverFaults;
  readonly call: string;
}

/** Seconds of uninterrupted work that count as blocking. */
const BLOCKING = 0.1;

const running = new AsyncLocalStorage<DriverCode>();
let watching = false;

/** Runs a piece of a driver's code, and all that follows from it, under the name of the call. */
export function asDriverCode<T>(faults: DriverFaults, call: string, work: () => T): T {
  if (!watching) watch();
  const started = performance.now();
  try {
    return running.run({ faults, call }, work);
  } finally {
    const seconds = (performance.now() - started) / 1000;
    if (seconds > BLOCKING) faults.blocked(call, seconds);
  }
}

function watch(): void {
  watching = true;
  watchContinuations();
  process.on('unhandledRejection', (reason, promise) => {
    void promise;
    strayError('unhandledRejection', reason);
  });
  process.on('uncaughtException', (error) => strayError('uncaughtException', error));
}

/** Everything that does not begin in `asDriverCode`: what comes after an await, timers, streams. */
function watchContinuations(): void {
  let started = 0;
  let depth = 0;
  createHook({
    before: () => {
      depth += 1;
      if (depth === 1) started = performance.now();
    },
    after: () => {
      depth = Math.max(0, depth - 1);
      if (depth > 0) return;
      const seconds = (performance.now() - started) / 1000;
      if (seconds <= BLOCKING) return;
      const code = running.getStore();
      code?.faults.blocked(code.call, seconds);
    },
  }).enable();
}

/** An error of a driver that nobody waits for is the driver's own; any other ends the process, as without us. */
function strayError(event: 'unhandledRejection' | 'uncaughtException', error: unknown): void {
  const code = running.getStore();
  if (code) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
    code.faults.note('stray', code.call, `left an error that nobody caught: ${what}`);
    return;
  }
  if (process.listenerCount(event) > 1) return;
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
