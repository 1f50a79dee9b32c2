import type { ForegroundProgram, ProgramEnd } from '../../ports/lease-client/foreground-programs.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { fired, type StopRequest } from './stop-request.js';

/** Seconds that a program has to end by itself when it is asked to. */
const GRACE = 10;

/** Why we stopped looking at a program. */
export type Tended =
  | { readonly kind: 'ended'; readonly end: ProgramEnd }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'stopped' };

/**
 * Stays with a program until it ends, the lease is gone or somebody asks us to end. In the latter cases it is ended, and has ended when
 * this resolves. @param gone resolves with why the lease is gone
 */
export async function tendProgram(
  program: ForegroundProgram,
  gone: Promise<string>,
  stop: StopRequest,
  clock: Clock,
): Promise<Tended> {
  const tended = await Promise.race<Tended>([
    program.ended.then((end) => ({ kind: 'ended', end })),
    gone.then((why) => ({ kind: 'lost', why })),
    fired(stop.signal).then(() => ({ kind: 'stopped' })),
  ]);
  if (tended.kind === 'lost') await end(program, 'SIGTERM', stop, clock);
  if (tended.kind === 'stopped') await end(program, stop.name ?? 'SIGTERM', stop, clock);
  return tended;
}

async function end(
  program: ForegroundProgram,
  signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP',
  stop: StopRequest,
  clock: Clock,
): Promise<void> {
  program.kill(signal);
  const late = new AbortController();
  const patience = sleep(clock, GRACE, late.signal).catch(() => undefined);
  await Promise.race([program.ended, patience, fired(stop.again)]);
  late.abort();
  // Also what the program has left behind in its group.
  program.kill('SIGKILL');
  await program.ended;
}
