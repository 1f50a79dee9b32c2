import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `condition` holds; fails after `limit` seconds. For tests against real processes only. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>, limit = 30): Promise<void> {
  const end = performance.now() + limit * 1000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`It did not come about within ${limit} s that ${what}`);
    await delay(10);
  }
}
