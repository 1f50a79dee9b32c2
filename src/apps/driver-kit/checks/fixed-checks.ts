import type { PoolConfig } from '../../../domain/config/config.js';
import type { FixedMachines } from '../../../ports/compute/provider.js';
import { CheckSkipped, ensure, ensureSame, shown } from '../check-failure.js';
import type { DriverCheck } from '../driver-check.js';
import { fixedMachines } from '../driver-check.js';
import type { Trial } from '../trial.js';
import { never } from '../never.js';

const stopped = new Error('stopped by the check');

function machinesOf({ bench, provider }: Trial): { readonly fixed: FixedMachines; readonly pool: PoolConfig } {
  if (!provider.fixed || !bench.fixedPool) throw new CheckSkipped('the bench has no machines');
  return { fixed: provider.fixed, pool: bench.fixedPool };
}

/** Machines that exist by themselves. */
export const FIXED_CHECKS: readonly DriverCheck[] = [
  fixedMachines(
    'fixed-slots',
    'each slot has a key of its own, an address, a user, a port and labels',
    async (trial) => {
      const { fixed, pool } = machinesOf(trial);
      const slots = fixed.slots(pool);
      ensure(slots.length > 0, 'the pool has slots');
      ensureSame(new Set(slots.map(({ key }) => key)).size, slots.length, 'different keys');
      for (const slot of slots) {
        ensure(
          Boolean(slot.hostname && slot.username) && Number.isInteger(slot.connectionPort),
          `${slot.key} is complete`,
        );
        ensure(slot.labels.length > 0, `${slot.key} has labels`);
      }
    },
  ),
  fixedMachines('fixed-slots-same', 'the slots are the same whenever asked, and after a restart', async (trial) => {
    const { fixed, pool } = machinesOf(trial);
    ensureSame(fixed.slots(pool), fixed.slots(pool), 'slots');
    const second = await trial.reopened();
    ensureSame(second.fixed?.slots(pool), fixed.slots(pool), 'slots of a second provider');
  }),
  fixedMachines('fixed-labels-ready', 'labels of machines are ready', async (trial) => {
    const { fixed, pool } = machinesOf(trial);
    const served = new Set(fixed.slots(pool).flatMap(({ labels }) => labels));
    for (const label of pool.labels.values()) {
      ensureSame(trial.provider.labelReady(pool, label).ready, served.has(label.name), `ready ${label.name}`);
    }
  }),
  fixedMachines('fixed-check', 'a machine that answers passes the check', async (trial) => {
    const { fixed, pool } = machinesOf(trial);
    for (const slot of fixed.slots(pool)) {
      const { hostKeys } = await trial.run(fixed.check(slot, never));
      ensure(
        hostKeys.every((key) => typeof key === 'string'),
        `host keys are texts, not ${shown(hostKeys)}`,
      );
    }
  }),
  fixedMachines('fixed-check-signal', 'a check with an aborted signal ends with its reason', async (trial) => {
    const { fixed, pool } = machinesOf(trial);
    const [slot] = fixed.slots(pool);
    ensure(slot !== undefined, 'the pool has slots');
    const error = await trial.failure('the check', fixed.check(slot, AbortSignal.abort(stopped)));
    ensure(error === stopped, `it fails with the signal's reason, not with ${shown(error)}`);
  }),
  fixedMachines(
    'fixed-launches-nothing',
    'nothing can be launched, and the configuration is named as the reason',
    async (trial) => {
      const error = await trial.failure('create', trial.provider.create(trial.spec(), never));
      ensureSame((error as { readonly kind?: unknown }).kind, 'configuration', 'the kind');
    },
  ),
  fixedMachines('fixed-deletes-nothing', 'deleting succeeds and changes nothing', async (trial) => {
    const { fixed, pool } = machinesOf(trial);
    const before = fixed.slots(pool).length;
    await trial.delete('whatever');
    ensureSame(fixed.slots(pool).length, before, 'slots');
  }),
];
