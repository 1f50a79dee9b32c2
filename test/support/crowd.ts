/** Many one-node jobs at once, as a CI system has them in the morning: each takes its node, works, and gives it back. */
import { sleep } from '../../src/ports/toolkit/sleep.js';
import type { LauncherWorld } from './launcher-world.js';

export interface CrowdOutcome {
  readonly served: number;
  readonly failed: number;
  /** Virtual seconds from the first request to the last end. */
  readonly seconds: number;
}

/** Submits `count` requests and works off whatever is fulfilled. Gives up after `limit` virtual seconds. */
export async function throughCrowd(
  world: LauncherWorld,
  count: number,
  work: number,
  limit: number,
): Promise<CrowdOutcome> {
  const started = world.clock.monotonic();
  const ids = await Promise.all(Array.from({ length: count }, () => world.submit(['small'])));
  const open = new Set(ids);
  let served = 0;
  let failed = 0;
  let last = started;
  const ended = (id: string): void => {
    open.delete(id);
    last = world.clock.monotonic();
  };
  const use = async (id: string): Promise<void> => {
    const leases = await world.accept(id);
    await sleep(world.clock, work);
    await world.giveBack(leases);
    served += 1;
    ended(id);
  };
  const running: Promise<void>[] = [];
  const taken = new Set<string>();
  const look = (id: string): void => {
    const state = world.request(id)?.state;
    if (taken.has(id) || (state !== 'fulfilled' && state !== 'failed')) return;
    taken.add(id);
    if (state === 'fulfilled') running.push(use(id));
    else {
      failed += 1;
      ended(id);
    }
  };
  const forget = world.client.requests.view.onChange((change) => change.kind === 'updated' && look(change.id));
  ids.forEach(look);
  await world.clock.advanceUntil(() => open.size === 0, limit);
  forget();
  if (open.size === 0) await Promise.all(running);
  return { served, failed, seconds: last - started };
}
