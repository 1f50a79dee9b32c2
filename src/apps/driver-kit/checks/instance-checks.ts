import { isDeepStrictEqual } from 'node:util';
import { ProviderError } from '../../../ports/compute/errors.js';
import type { Instance } from '../../../ports/compute/provider.js';
import { ensure, ensureSame, shown } from '../check-failure.js';
import type { DriverCheck } from '../driver-check.js';
import { launching } from '../driver-check.js';
import { never } from '../never.js';

const TEXTS: readonly (keyof Instance)[] = [
  'interfaceIp',
  'publicIpv4',
  'privateIpv4',
  'publicIpv6',
  'az',
  'region',
  'cloud',
  'hostId',
];

/** Waiting for instances, and what is said of them. */
export const INSTANCE_CHECKS: readonly DriverCheck[] = [
  launching(
    'instance-facts',
    'each fact of an instance is a text or null, and its id is the one it was asked for by',
    async (trial) => {
      const spec = trial.spec();
      const id = await trial.create(spec);
      const instance = await trial.wait(id, spec);
      ensureSame(instance.externalId, id, 'externalId');
      for (const key of TEXTS) {
        const value: unknown = instance[key] ?? null;
        ensure(value === null || typeof value === 'string', `${key} is a text or null, not ${shown(value)}`);
      }
      const keys: unknown = instance.hostKeys ?? null;
      ensure(
        keys === null || (Array.isArray(keys) && keys.every((key) => typeof key === 'string')),
        'hostKeys are texts',
      );
    },
  ),
  launching('instance-resources', 'what an instance takes is said in amounts, or not at all', async (trial) => {
    const { resources } = await trial.launch(trial.spec());
    for (const [key, amount] of Object.entries(resources ?? {})) {
      ensure(typeof amount === 'number' && amount >= 0, `${key} is an amount, not ${shown(amount)}`);
    }
  }),
  launching(
    'instance-connection',
    'how an instance is reached is a port, or an object that can be kept in a record',
    async (trial) => {
      const { connectionPort: port, connectionType } = await trial.launch(trial.spec());
      ensure(
        connectionType === undefined || connectionType === null || typeof connectionType === 'string',
        'connectionType is a text, or left out',
      );
      if (port === undefined || port === null) return;
      if (typeof port === 'number') ensure(Number.isInteger(port) && port > 0 && port < 65_536, 'it is no port');
      else {
        // Never shown: there are credentials in it.
        ensure(
          isDeepStrictEqual(JSON.parse(JSON.stringify(port)), port),
          'the object is not what JSON would keep of it',
        );
        ensure(Boolean(connectionType), 'an object needs a connectionType that says how to understand it');
      }
    },
  ),
  launching('wait-again', 'waiting for an instance that runs ends with the same instance', async (trial) => {
    const spec = trial.spec();
    const first = await trial.launch(spec);
    const again = await trial.wait(first.externalId, spec);
    ensureSame([again.externalId, again.interfaceIp], [first.externalId, first.interfaceIp], 'the instance');
  }),
  launching('wait-together', 'several may wait for one instance', async (trial) => {
    const spec = trial.spec();
    const id = await trial.create(spec);
    const both = await Promise.all([trial.wait(id, spec), trial.wait(id, spec)]);
    ensureSame(both[0].interfaceIp, both[1].interfaceIp, 'the address');
  }),
  launching('wait-unknown', 'waiting for an instance that never was fails', async (trial) => {
    const waiting = trial.provider.waitUntilRunning('0f0f0f0f-0000-4000-8000-000000000000', trial.spec(), never);
    const error = await trial.failure('waiting for what never was', waiting);
    ensure(error instanceof ProviderError, `it fails with a ProviderError, not ${shown(error)}`);
  }),
  launching('wait-deleted', 'deleting an instance makes the waiting for it fail', async (trial) => {
    const spec = trial.spec();
    const id = await trial.create(spec);
    // Where instances run at once, this waiting may be over before the deletion begins.
    const waiting = trial.provider.waitUntilRunning(id, spec, never).catch((error: unknown) => error);
    await trial.delete(id);
    const outcome = await trial.run(waiting);
    const again = await trial.failure('waiting', trial.provider.waitUntilRunning(id, spec, never));
    for (const error of outcome instanceof Error ? [outcome, again] : [again]) {
      ensure(error instanceof ProviderError, `it fails with a ProviderError, not ${shown(error)}`);
    }
  }),
  launching(
    'wait-broken',
    'waiting for an instance that breaks fails and names it, so that it can be deleted',
    async (trial) => {
      await trial.turn(trial.bench.breakNextBoot, 'break an instance');
      const spec = trial.spec();
      const id = await trial.create(spec);
      const error = await trial.failure(
        'waiting for a broken instance',
        trial.provider.waitUntilRunning(id, spec, never),
      );
      ensure(error instanceof ProviderError, `it fails with a ProviderError, not ${shown(error)}`);
      ensureSame(error.details.externalId, id, 'details.externalId');
      await trial.delete(id);
      ensureSame(await trial.listedIds(), [], 'what is left');
    },
  ),
  launching('wait-removed', 'an instance that somebody else deletes makes the waiting fail', async (trial) => {
    const { removeBehindBack } = trial.bench;
    const spec = trial.spec();
    const id = await trial.create(spec);
    await trial.turn(removeBehindBack && (() => removeBehindBack(id)), 'delete behind our back');
    const error = await trial.failure('waiting', trial.provider.waitUntilRunning(id, spec, never));
    ensure(error instanceof ProviderError, `it fails with a ProviderError, not ${shown(error)}`);
  }),
  launching('console-text', 'the console of an instance is a text or null', async (trial) => {
    const { externalId } = await trial.launch(trial.spec());
    const text: unknown = await trial.run(trial.provider.consoleLog(externalId, never));
    ensure(text === null || typeof text === 'string', `the console is a text or null, not ${shown(text)}`);
  }),
  launching('console-unknown', 'an instance that never was has no console, or the call fails', async (trial) => {
    const asking = trial.provider.consoleLog('0f0f0f0f-0000-4000-8000-000000000000', never);
    const answer = await trial.run(asking.catch((error: unknown) => error));
    ensure(answer === null || answer instanceof ProviderError, `null or a ProviderError, not ${shown(answer)}`);
  }),
];
