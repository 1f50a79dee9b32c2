import type { NodeReason } from '../../../src/domain/explain/node-reason.js';
import { text } from '../kernel/tree-model.js';
import { HEARD, isKnown, problemUnless, somewhere } from './facts.js';
import type { Facts, Judges } from './facts.js';

/** What becomes of nodes. */
export const NODE_JUDGES: Judges<NodeReason['code']> = {
  FINISHED: ({ state }, facts) => stateOf(state, facts),
  OWNER_GONE: ({ state }, facts) => stateOf(state, facts),
  REQUEST_GONE: ({ request }, { world }) => {
    const found = world.model.requests.get(request);
    return found && world.clock.monotonic() - found.createdAt > HEARD ? `request ${request} is there` : null;
  },
  READY_TOO_OLD: ({ age, limit }, facts) =>
    problemUnless(
      age >= limit &&
        somewhere(facts, ({ labels }) => [...labels.values()].some(({ maxReadyAge }) => maxReadyAge === limit)),
      'no label has that max-ready-age',
    ),
  HELD_TOO_LONG: ({ age, limit }, facts) =>
    problemUnless(
      age >= limit && (somewhere(facts, ({ maxHoldAge }) => maxHoldAge === limit) || ownLimit(facts) !== null),
      'it is held by nobody for so long',
    ),
  FOREIGN_PROVIDER: ({ provider }, facts) => {
    const found = node(facts);
    return found && isKnown(facts, found) && text(found.json?.['provider']) !== provider
      ? 'it is of another one'
      : null;
  },
  LEASED: () => 'there are no leases in these worlds',
  IN_SERVICE: ({ state }, facts) => (facts.verdict === 'keep' ? null : `${state} says nothing of that`),
  MACHINE_NOT_CONFIGURED: () => 'there are no machines in these worlds',
  MORE_NODES_THAN_SLOTS: () => 'there are no machines in these worlds',
  MACHINE_UNFIT: () => 'there are no machines in these worlds',
  LAUNCHING: (reason, facts) => attempts(reason, facts),
  LAUNCH_ATTEMPT_FAILED: (reason, facts) =>
    attempts(reason, facts) ??
    problemUnless(facts.verdict !== 'retry' || reason.attempt < reason.attempts, 'that was the last attempt'),
  LAUNCHED: ({ attempt, seconds }) => problemUnless(attempt >= 1 && seconds >= 0, 'that cannot be'),
  DELETE_FAILED: ({ problem }) => problemUnless(problem !== '', 'it does not say why'),
};

function node({ world, id }: Facts): ReturnType<Facts['world']['model']['nodes']['get']> {
  return world.model.nodes.get(id);
}

/** It may have changed a moment ago. */
function stateOf(state: string, facts: Facts): string | null {
  const found = node(facts);
  if (!found || !isKnown(facts, found) || facts.world.ledger.excused(facts.id)) return null;
  return found.state === state ? null : `it is ${String(found.state)}`;
}

function ownLimit(facts: Facts): number | null {
  const limit = node(facts)?.json?.['hold_expiration'];
  return typeof limit === 'number' ? limit : null;
}

function attempts(reason: { readonly attempt: number; readonly attempts: number }, facts: Facts): string | null {
  const { attempt, attempts: all } = reason;
  const configured = somewhere(facts, ({ providers }) =>
    [...providers.values()].some(({ launchRetries }) => Math.max(1, launchRetries) === all),
  );
  return problemUnless(attempt >= 1 && attempt <= all && configured, 'no provider has so many launch-retries');
}
