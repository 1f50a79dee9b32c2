import type { MachineReason, NodeReason } from '../../../src/domain/explain/node-reason.js';
import { text } from '../kernel/tree-model.js';
import { CONFIG_LAG, HEARD, isKnown, problemUnless, somewhere } from './facts.js';
import type { Facts, Judges } from './facts.js';
import { memoryOf } from './memory.js';

/** Seconds that a deletion may take until it is given up, and the next one rest. */
const DELETION = 700;

/** What becomes of nodes that clouds make. */
export const NODE_JUDGES: Judges<Exclude<NodeReason, MachineReason>['code']> = {
  FINISHED: ({ state }, facts) => stateOf(state, facts),
  OWNER_GONE: ({ state }, facts) => stateOf(state, facts),
  REQUEST_GONE: ({ request }, { world }) => {
    const found = world.model.requests.get(request);
    return found && world.clock.monotonic() - found.createdAt > HEARD ? `request ${request} is there` : null;
  },
  READY_TOO_OLD: ({ age, limit }, facts) =>
    ageOf(age, facts) ??
    problemUnless(
      age >= limit &&
        somewhere(facts, ({ labels }) => [...labels.values()].some(({ maxReadyAge }) => maxReadyAge === limit)),
      'no label has that max-ready-age',
    ),
  HELD_TOO_LONG: ({ age, limit }, facts) =>
    ageOf(age, facts) ??
    problemUnless(
      age >= limit && (somewhere(facts, ({ maxHoldAge }) => maxHoldAge === limit) || isOwnLimit(limit, facts)),
      'it is held by nobody for so long',
    ),
  FOREIGN_PROVIDER: ({ provider }, facts) => {
    const found = node(facts);
    if (found && isKnown(facts, found) && text(found.json?.['provider']) !== provider) return 'it is of another one';
    return problemUnless(
      somewhere(facts, ({ providers }) => !providers.has(provider ?? '')) || isPartial(facts),
      'that is one of ours',
    );
  },
  LEASED: ({ lease, left }, { world }) =>
    problemUnless(left > 0 && world.tree.stat(`/nodepool/leases/${lease}`) !== undefined, 'there is no such lease'),
  IN_SERVICE: ({ state }, facts) =>
    facts.verdict === 'keep' ? stateOf(state, facts) : `${facts.verdict} is not what becomes of it`,
  LAUNCHING: (reason, facts) => attempts(reason, facts) ?? attempted(reason.attempt - 1, facts),
  LAUNCH_ATTEMPT_FAILED: (reason, facts) =>
    attempts(reason, facts) ??
    attempted(reason.attempt, facts) ??
    problemUnless(reason.problem !== '', 'it does not say why') ??
    problemUnless(facts.verdict !== 'retry' || reason.attempt < reason.attempts, 'that was the last attempt'),
  LAUNCHED: ({ attempt, seconds }, facts) => {
    const found = node(facts);
    const age = facts.world.clock.monotonic() - (found?.createdAt ?? -Infinity);
    if (attempt < 1 || seconds < 0 || seconds > age + 1) return `it is ${age} s old`;
    if (found && ['init', 'building', 'failed'].includes(found.state ?? '')) return `it is ${String(found.state)}`;
    return attempted(attempt, facts);
  },
  DELETE_FAILED: ({ problem }, facts) => {
    const { world, process } = facts;
    if (problem === '') return 'it does not say why';
    const provider = text(node(facts)?.json?.['provider']) ?? '';
    const now = world.clock.monotonic();
    const refused = memoryOf(world).trouble(process.name, provider, now, DELETION);
    const configured = world.recentConfigs(DELETION).every(({ providers }) => providers.has(provider));
    const shaken =
      process.absence.to > now - DELETION || memoryOf(world).lately(`session ${process.name}`, now, DELETION);
    const began = memoryOf(world)
      .callsOf(process.name, provider)
      .findLast(({ kind }) => kind === 'start');
    const starting = began !== undefined && now - began.at < DELETION;
    return problemUnless(refused || !configured || shaken || starting, 'nothing has gone wrong');
  },
};

function node({ world, id }: Facts): ReturnType<Facts['world']['model']['nodes']['get']> {
  return world.model.nodes.get(id);
}

/** A launcher may have some of the providers only. */
function isPartial({ world, process }: Facts): boolean {
  return !world.reservations.has(process.name) || world.configs.some(({ config }) => config.providers.size > 1);
}

/** It may have changed a moment ago. */
function stateOf(state: string, facts: Facts): string | null {
  const found = node(facts);
  if (!found || !isKnown(facts, found) || facts.world.ledger.excused(facts.id)) return null;
  return found.state === state ? null : `it is ${String(found.state)}`;
}

/** By the clock of the speaker, since the last change of the state. */
function ageOf(age: number, facts: Facts): string | null {
  const found = node(facts);
  const since = Number(found?.json?.['state_time']);
  const { world, process } = facts;
  // Who has not heard of the last change speaks of the state before it.
  if (!found || !isKnown(facts, found) || !Number.isFinite(since) || world.ledger.excused(facts.id)) return null;
  const real = process.clock.now() - since;
  return problemUnless(Math.abs(real - age) <= HEARD, `it is so for ${real} s`);
}

/** Seconds, or until a moment in milliseconds. */
function isOwnLimit(limit: number, facts: Facts): boolean {
  const own = Number(node(facts)?.json?.['hold_expiration'] ?? 0);
  return own === limit || own > 1e10;
}

function attempts(reason: { readonly attempt: number; readonly attempts: number }, facts: Facts): string | null {
  const { attempt, attempts: all } = reason;
  const provider = text(node(facts)?.json?.['provider']);
  const configured = facts.world
    .recentConfigs(CONFIG_LAG)
    .some(({ providers }) =>
      [...providers.values()].some(
        ({ name, launchRetries }) => (provider === null || name === provider) && Math.max(1, launchRetries) === all,
      ),
    );
  return problemUnless(attempt >= 1 && attempt <= all && configured, 'its provider has not so many launch-retries');
}

/** Have there been so many for its request? */
function attempted(count: number, facts: Facts): string | null {
  const request = text(node(facts)?.json?.['allocated_to']);
  if (request === null || facts.world.ledger.excused(facts.id)) return null;
  const made = memoryOf(facts.world).times(`creates ${request}`);
  return problemUnless(count <= made, `its request has seen ${made} attempts`);
}
