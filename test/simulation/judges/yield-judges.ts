import { text, texts } from '../kernel/tree-model.js';
import { isKnown, poolOf, problemUnless, requestOf, somewhere, wants } from './facts.js';
import type { Facts, Judges } from './facts.js';
import { memoryOf } from './memory.js';

const DEFAULT_PRIORITY = 100;

/** To whom pools leave requests. */
export const YIELD_JUDGES: Judges<'YIELD_WISHED_PROVIDER' | 'YIELD_PRIORITY' | 'YIELD_CAPABLE_POOL'> = {
  YIELD_WISHED_PROVIDER: ({ provider }, facts) => {
    if (text(requestOf(facts)?.json?.['provider']) !== provider) return 'it has no such wish';
    if (facts.decider.includes(`-PoolWorker.${provider}-`)) return 'that is its own provider';
    return problemUnless(
      others(facts).some((id) => id.includes(`-PoolWorker.${provider}-`)),
      'no pool of it is there',
    );
  },
  YIELD_PRIORITY: ({ pool, priority, own }, facts) => {
    if (priority >= own || pool === facts.decider) return 'that pool is not preferred';
    if (!others(facts).includes(pool)) return 'that pool is not there, or has declined';
    const right =
      somewhere(facts, (config) => poolOf(facts, config)?.priority === own) &&
      somewhere(facts, (config) => {
        const other = poolOf({ ...facts, decider: pool }, config);
        // A launcher that has just come is known by its old record, which names none.
        return other === undefined || other.priority === priority || priority === DEFAULT_PRIORITY;
      });
    return problemUnless(right, 'those are not their priorities');
  },
  YIELD_CAPABLE_POOL: ({ label, pool }, facts) => {
    if (!others(facts).includes(pool)) return 'that pool is not there, or has declined';
    return problemUnless(
      wants(label, facts) && somewhere(facts, (config) => !poolOf(facts, config)?.labels.has(label)),
      'the pool has that label',
    );
  },
};

/** Pools beside the speaker that are there, or were a moment ago, and have not been seen to decline. */
function others(facts: Facts): readonly string[] {
  const { world, decider } = facts;
  const now = world.clock.monotonic();
  const gone = memoryOf(world).goneLately(now);
  const request = requestOf(facts);
  const declined = request && isKnown(facts, request) ? texts(request.json?.['declined_by']) : [];
  const all = [...world.model.registered.values()].map(({ id }) => id);
  return [...all, ...gone].filter((id) => id !== decider && !declined.includes(id));
}
