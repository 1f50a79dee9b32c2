import { ProviderError } from '../../../ports/compute/errors.js';
import type { ProviderErrorKind } from '../../../ports/compute/errors.js';
import { CheckSkipped, ensure, ensureSame, shown } from '../check-failure.js';
import type { DriverCheck } from '../driver-check.js';
import { anyProvider, launching } from '../driver-check.js';
import type { Trial } from '../trial.js';
import { never } from '../never.js';

async function ensureKind(what: string, kind: ProviderErrorKind, trial: Trial, call: Promise<unknown>): Promise<void> {
  const error = await trial.failure(what, call);
  ensure(error instanceof ProviderError, `${what} is a ProviderError, not ${shown(error)}`);
  ensureSame(error.kind, kind, `the kind of ${what}`);
}

/** Which kind of error is which: it decides what Nodepool does next. */
export const ERROR_CHECKS: readonly DriverCheck[] = [
  launching('quota-kind', 'what goes over the quota fails by the kind quota, and nothing is made', async (trial) => {
    await trial.turn(trial.bench.exhaustQuota, 'fill the account');
    await ensureKind('going over the quota', 'quota', trial, trial.provider.create(trial.spec(), never));
    ensureSame(await trial.listedIds(), [], 'what is left');
  }),
  launching('capacity-kind', 'a cloud without room fails by the kind capacity, not quota', async (trial) => {
    await trial.turn(trial.bench.refuseForCapacity, 'refuse for want of room');
    const spec = trial.spec();
    const launch = trial.provider.create(spec, never).then((id) => trial.provider.waitUntilRunning(id, spec, never));
    await ensureKind('want of room', 'capacity', trial, launch);
  }),
  anyProvider(
    'rate-kind',
    'a call that was one too many fails by the kind rate, or is repeated until it works',
    async (trial) => {
      await trial.turn(trial.bench.limitNextCall, 'limit the rate');
      const outcome = await trial.run(trial.provider.list(never).catch((error: unknown) => error));
      if (!(outcome instanceof Error)) return;
      ensure(outcome instanceof ProviderError, `it is a ProviderError, not ${shown(outcome)}`);
      ensureSame(outcome.kind, 'rate', 'the kind');
    },
  ),
  anyProvider(
    'transient-kind',
    'a failure of the cloud is transient, or the call is repeated until it works',
    async (trial) => {
      await trial.turn(trial.bench.failNextCall, 'fail');
      const outcome = await trial.run(trial.provider.list(never).catch((error: unknown) => error));
      if (!(outcome instanceof Error)) return;
      const kind = outcome instanceof ProviderError ? outcome.kind : 'transient';
      ensureSame(kind, 'transient', 'the kind');
    },
  ),
  launching(
    'transient-leaves-nothing',
    'a create that the cloud failed can be repeated, and leaves one instance',
    async (trial) => {
      await trial.turn(trial.bench.failNextCall, 'fail');
      const spec = trial.spec();
      await trial.run(trial.provider.create(spec, never).catch(() => undefined));
      await trial.create(spec);
      ensureSame((await trial.ofNode(spec)).length, 1, 'instances of the node');
    },
  ),
  anyProvider(
    'credentials-kind',
    'refused credentials show at the start, by the kind authentication',
    async (trial) => {
      if (!trial.bench.strangeCredentials) throw new CheckSkipped('the bench has no wrong credentials');
      const stranger = trial.bench.strangeCredentials();
      try {
        await ensureKind('the start', 'authentication', trial, stranger.start(never));
      } finally {
        await trial.run(stranger.stop());
      }
    },
  ),
  launching('errors-keep-secrets', 'no error holds a secret of the configuration', async (trial) => {
    const { secrets = [], strangeCredentials } = trial.bench;
    if (secrets.length === 0) throw new CheckSkipped('the bench has no secrets');
    const spec = trial.unknownImageSpec();
    const calls = [
      () => trial.provider.create(spec, never).then((id) => trial.provider.waitUntilRunning(id, spec, never)),
      () => trial.provider.waitUntilRunning('never-was', spec, never),
      () => strangeCredentials?.().start(never) ?? Promise.resolve(),
    ];
    for (const call of calls) {
      const error: unknown = await trial.run(
        call().then(
          () => undefined,
          (failure: unknown) => failure,
        ),
      );
      const words = error instanceof Error ? `${error.message} ${error.stack ?? ''} ${shown(error)}` : '';
      ensure(!secrets.some((secret) => words.includes(secret)), 'an error shows a secret');
    }
  }),
];
