import { Worker } from 'node:worker_threads';
import type { WatchSettings } from './main-thread-watch.js';
import type { ReportTarget } from './watchdog-report.js';

/** Seconds without a turn of the event loop after which something is wrong: nothing of ours takes longer than a fraction of one. */
const PATIENCE = 10;
/** Seconds between two signs of life, and between two checks. */
const INTERVAL = 1;
/** Megabytes; the thread does next to nothing. */
const MEMORY = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4, codeRangeSizeMb: 8 };

/**
 * A thread that notices when the event loop stands still, and writes to the log what the main thread is doing: nobody else could say so.
 * It does not end the process. A service manager does that, whose watchdog hears nothing any more; elsewhere the log tells what happened.
 */
export class MainThreadWatchdog {
  private constructor(
    private readonly worker: Worker,
    private readonly beat: NodeJS.Timeout,
  ) {}

  /** @param onTrouble the thread itself has failed: nobody watches any more */
  static start(
    targets: readonly ReportTarget[],
    onTrouble: (error: Error) => void,
    { patience = PATIENCE, interval = INTERVAL }: { readonly patience?: number; readonly interval?: number } = {},
  ): MainThreadWatchdog {
    const turns = new Int32Array(new SharedArrayBuffer(4));
    const settings: WatchSettings = { patience, interval, turns, targets };
    const worker = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
      workerData: settings,
      name: 'watchdog',
      execArgv: [],
      env: {},
      resourceLimits: MEMORY,
    });
    worker.on('error', onTrouble);
    // Neither of the two keeps the process alive.
    worker.unref();
    const beat = setInterval(() => Atomics.add(turns, 0, 1), interval * 1000).unref();
    return new MainThreadWatchdog(worker, beat);
  }

  async stop(): Promise<void> {
    clearInterval(this.beat);
    await this.worker.terminate();
  }
}
