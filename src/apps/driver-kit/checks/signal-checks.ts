import { getEventListeners } from 'node:events';
import { CheckSkipped, ensure, ensureSame, shown } from '../check-failure.js';
import type { DriverCheck } from '../driver-check.js';
import { anyProvider, launching } from '../driver-check.js';
import type { Trial } from '../trial.js';
import { never } from '../never.js';

const stopped = new Error('stopped by the check');

/** A call with a signal that was aborted before ends with the signal's reason, and has no effect. */
async function ensureRefused(
  trial: Trial,
  what: string,
  call: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const error = await trial.failure(`${what} with an aborted signal`, call(AbortSignal.abort(stopped)));
  ensure(error === stopped, `${what} fails with the signal's reason, not with ${shown(error)}`);
}

/** Cancellation: Nodepool calls things off when a lease is lost, a deadline passes or the process ends. */
export const SIGNAL_CHECKS: readonly DriverCheck[] = [
  anyProvider('signal-start', 'a start with an aborted signal ends with its reason', async (trial) => {
    const second = trial.reopen();
    await ensureRefused(trial, 'start', (signal) => second.start(signal));
  }),
  launching('signal-create', 'a create with an aborted signal makes nothing', async (trial) => {
    const spec = trial.spec();
    await ensureRefused(trial, 'create', (signal) => trial.provider.create(spec, signal));
    ensureSame(await trial.listedIds(), [], 'what was made');
  }),
  launching('signal-delete', 'a delete with an aborted signal deletes nothing', async (trial) => {
    const { externalId } = await trial.launch(trial.spec());
    await ensureRefused(trial, 'delete', (signal) => trial.provider.delete(externalId, signal));
    ensureSame(await trial.listedIds(), [externalId], 'what is there');
  }),
  anyProvider('signal-list', 'a list with an aborted signal ends with its reason', (trial) =>
    ensureRefused(trial, 'list', (signal) => trial.provider.list(signal)),
  ),
  anyProvider('signal-limits', 'asking for limits with an aborted signal ends with its reason', (trial) =>
    ensureRefused(trial, 'limits', (signal) => trial.provider.limits(signal)),
  ),
  anyProvider('signal-zones', 'asking for zones with an aborted signal ends with its reason', (trial) =>
    ensureRefused(trial, 'availabilityZones', (signal) => trial.provider.availabilityZones(signal)),
  ),
  anyProvider('signal-console', 'asking for a console with an aborted signal ends with its reason', (trial) =>
    ensureRefused(trial, 'consoleLog', (signal) => trial.provider.consoleLog('x', signal)),
  ),
  launching('signal-wait', 'an abort ends the waiting, and the instance can still be deleted', async (trial) => {
    const spec = trial.spec();
    const id = await trial.create(spec);
    const stop = new AbortController();
    const waiting = trial.failure('waiting', trial.provider.waitUntilRunning(id, spec, stop.signal));
    stop.abort(stopped);
    const error = await waiting;
    ensure(error === stopped, `it fails with the signal's reason, not with ${shown(error)}`);
    await trial.delete(id);
    ensureSame(await trial.listedIds(), [], 'what is left');
  }),
  launching('signal-hang', 'an abort ends a call that the cloud does not answer', async (trial) => {
    await trial.turn(trial.bench.hangNextCreate, 'make a call hang');
    const stop = new AbortController();
    const hanging = trial.failure('a hanging create', trial.provider.create(trial.spec(), stop.signal));
    stop.abort(stopped);
    const error = await hanging;
    ensure(error === stopped, `it fails with the signal's reason, not with ${shown(error)}`);
  }),
  launching('signal-hang-others', 'a call that the cloud does not answer holds up no other', async (trial) => {
    if (trial.bench.hangsAll) throw new CheckSkipped('the bench can only make the whole cloud hang');
    await trial.turn(trial.bench.hangNextCreate, 'make a call hang');
    const stop = new AbortController();
    const hanging = trial.provider.create(trial.spec(1), stop.signal).catch(() => undefined);
    await trial.run(trial.provider.list(never));
    stop.abort(stopped);
    await trial.run(hanging);
    await trial.launch(trial.spec(2));
  }),
  launching('signal-late', 'an abort after the end changes nothing', async (trial) => {
    const stop = new AbortController();
    const id = await trial.create(trial.spec(), stop.signal);
    stop.abort(stopped);
    await trial.wait(id, trial.spec());
    ensureSame(await trial.listedIds(), [id], 'what is there');
  }),
  launching('signal-listeners', 'no listener stays on the signal of a call that has ended', async (trial) => {
    const { signal } = new AbortController();
    const spec = trial.spec();
    const id = await trial.create(spec, signal);
    await trial.wait(id, spec, signal);
    await trial.run(trial.provider.list(signal));
    await trial.run(trial.provider.limits(signal));
    await trial.delete(id, signal);
    ensureSame(getEventListeners(signal, 'abort').length, 0, 'listeners');
  }),
];
