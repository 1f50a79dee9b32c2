/** The thread that watches the main one: see `MainThreadWatchdog`, which starts it. */
import { workerData } from 'node:worker_threads';
import { mainThreadStack } from './main-thread-stack.js';
import { MainThreadWatch } from './main-thread-watch.js';
import type { Finding, WatchSettings } from './main-thread-watch.js';
import { report } from './watchdog-report.js';

const settings = workerData as WatchSettings;
const watch = new MainThreadWatch(settings, performance.now() / 1000);
let telling = false;

setInterval(() => {
  const finding = watch.check(performance.now() / 1000);
  if (!finding || telling) return;
  telling = true;
  void tell(finding).finally(() => (telling = false));
}, settings.interval * 1000);

async function tell({ seconds, ended }: Finding): Promise<void> {
  const time = `${Math.round(seconds)} s`;
  if (ended) return report(settings.targets, `The event loop turns again, after ${time}`, [], new Date());
  const stack = await mainThreadStack().catch(() => undefined);
  const where = stack ? 'it is here:' : 'it is outside JavaScript: in a call of the system or of a native library';
  report(settings.targets, `The event loop has not turned for ${time}; ${where}`, stack ?? [], new Date());
}
