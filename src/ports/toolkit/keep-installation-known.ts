import type { Clock } from '../runtime/clock.js';
import { ControlLoop } from './control-loop.js';
import type { Records } from '../records/records.js';

/** Learns who we are again in each new session, until aborted. */
export async function keepInstallationKnown(
  { installation, session }: Pick<Records, 'installation' | 'session'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let known = session.generation;
  const pass = async (inner: AbortSignal): Promise<number> => {
    const { state, generation } = session;
    if (state !== 'connected' || generation === known) return Infinity;
    await installation.learn(inner);
    known = generation;
    return session.generation === generation ? Infinity : 0;
  };
  await new ControlLoop(clock).run({ subscribe: (wake) => [session.onChange(wake)], pass }, signal);
}
