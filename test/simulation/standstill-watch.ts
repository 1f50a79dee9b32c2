import type { Daemon } from './actors/daemon.js';
import type { LauncherDaemon } from './actors/launcher-daemon.js';
import type { SimProcess } from './kernel/sim-process.js';
import type { Installation } from './installation.js';
import type { World } from './world.js';

/** Seconds by which a timer may be late. */
const MOMENT = 1;
/** Seconds after which no answer to a call is waited for any more: a deletion may take ten minutes, and a little to notice. */
const LONGEST_CALL = 660;
/** Seconds that may lie between two looks of a daemon at its configuration, five as configured: the store is asked meanwhile. */
const LONGEST_CONFIG_CHECK = 300;

/**
 * Nothing can run, and something should: no timer that is due, nothing to go on with and no answer to come, but a request that its
 * pool would do something about, a pass that is owed, or somebody who waits for what never comes.
 */
export class StandstillWatch {
  look({ world, launchers, daemons }: Installation): void {
    for (const launcher of launchers) checkPools(launcher, world);
    for (const daemon of daemons) checkLife(daemon, world);
    for (const { kind, process, provider, since } of world.openCalls) {
      if (!isUp(process, world) || world.clock.monotonic() - since < LONGEST_CALL) continue;
      const detail = `${process.name} has waited for ${kind} of ${provider} since ${since.toFixed(1)}`;
      world.chronicle.fail('every call has an end', detail);
    }
  }
}

/** Nothing has happened since the last timer, so whoever sleeps over work now, and a moment later, does so until time wakes it. */
function checkPools(launcher: LauncherDaemon, world: World): void {
  for (const [pool, request] of oversleepers(launcher, world)) {
    world.clock.schedule(MOMENT, () => {
      if (oversleepers(launcher, world).get(pool) !== request) return;
      world.chronicle.fail('no pool sleeps over work', `${pool} would do something about ${request}`);
    });
  }
}

/** Pools that sleep, with the first request that they would do something about. */
function oversleepers({ life, launcher, roster }: LauncherDaemon, world: World): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!life || !launcher?.ready || !isUp(life.process, world)) return found;
  for (const { identity, overslept } of roster?.all ?? []) {
    const [first] = overslept;
    if (first !== undefined) found.set(identity.launcherId, first);
  }
  return found;
}

/** Whoever runs looks at its configuration now and then: the smallest pass that is owed. */
function checkLife({ life, file }: Daemon, world: World): void {
  if (!life || !isUp(life.process, world) || file === null) return;
  const { process, store } = life;
  if (process.clock.pending === 0 && !store.busy)
    world.chronicle.fail('daemons go on', `${process.name} waits for nothing`);
  const since = world.clock.monotonic() - Math.max(file.lookedAt, process.absence.to);
  if (since < LONGEST_CONFIG_CHECK) return;
  world.chronicle.fail(
    'daemons go on',
    `${process.name} has not looked at its configuration for ${since.toFixed(0)} s`,
  );
}

function isUp(process: SimProcess, world: World): boolean {
  return !process.dead && !process.frozen && process.absence.to < world.clock.monotonic();
}
