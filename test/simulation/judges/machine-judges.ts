import type { MachineReason } from '../../../src/domain/explain/node-reason.js';
import { text, texts } from '../kernel/tree-model.js';
import type { ModelRecord } from '../kernel/tree-model.js';
import type { NodepoolConfig, PoolConfig } from '../../../src/domain/config/config.js';
import { isKnown, poolOf, problemUnless, providerOf, requestOf, somewhere, wants } from './facts.js';
import type { Facts, Judges } from './facts.js';

/** What pools of machines that exist by themselves say of requests. */
export const MACHINE_JUDGES: Judges<'NO_FREE_MACHINE' | 'REQUEST_OVER_MACHINES'> = {
  NO_FREE_MACHINE: ({ labels }, facts) => {
    if (!somewhere(facts, (config) => !isMade(facts, config))) return 'its provider makes its machines';
    if (!labels.every((label) => wants(label, facts))) return 'it wants others';
    const [label, ...more] = texts(requestOf(facts)?.json?.['node_types']);
    const free = label === undefined || more.length > 0 ? [] : freeNodes(label, facts);
    return free.length <= rivalsFor(free, facts) ? null : `node ${free[0]?.id ?? ''} is free`;
  },
  REQUEST_OVER_MACHINES: ({ labels, need }, facts) => {
    if (!somewhere(facts, (config) => !isMade(facts, config))) return 'its provider makes its machines';
    const wanted = texts(requestOf(facts)?.json?.['node_types']);
    if (wanted.length > 0 && wanted.length !== need) return `it wants ${wanted.length}`;
    return problemUnless(labels.length > 0 && labels.every((label) => wants(label, facts)), 'it wants others');
  },
};

/** Why nodes of such machines are withdrawn. */
export const WITHDRAWAL_JUDGES: Judges<MachineReason['code']> = {
  MACHINE_NOT_CONFIGURED: (_reason, facts) => ofMachine(facts),
  MORE_NODES_THAN_SLOTS: ({ nodes, slots }, facts) => ofMachine(facts) ?? problemUnless(nodes > slots, 'they fit'),
  MACHINE_UNFIT: ({ problem }, facts) => ofMachine(facts) ?? problemUnless(problem !== '', 'it does not say why'),
};

function isMade(facts: Facts, config: NodepoolConfig): boolean {
  const provider = providerOf(facts, config);
  return provider !== undefined && provider.driver !== 'static';
}

/** Said of a node: it must be one of a provider that makes none. */
function ofMachine({ world, id }: Facts): string | null {
  const provider = text(world.model.nodes.get(id)?.json?.['provider']);
  const made = world.configs.some(({ config }) => {
    const found = config.providers.get(provider ?? '');
    return found !== undefined && found.driver !== 'static';
  });
  return made ? 'its provider makes its machines' : null;
}

function freeNodes(label: string, facts: Facts): readonly ModelRecord[] {
  const { world } = facts;
  const pools = world.configs.flatMap(({ config }): readonly PoolConfig[] => {
    const pool = poolOf(facts, config);
    return pool ? [pool] : [];
  });
  const isOurs = (provider: unknown, name: unknown): boolean =>
    pools.some((pool) => pool.provider === provider && pool.name === name);
  return [...world.model.nodes.values()].filter(
    (node) =>
      node.state === 'ready' &&
      isKnown(facts, node) &&
      node.json?.['allocated_to'] === null &&
      isOurs(node.json['provider'], node.json['pool']) &&
      texts(node.json['type']).includes(label) &&
      !world.model.nodeLocks.has(node.id),
  );
}

/** How many of them may be given to others already, whom their locks do not show yet. */
function rivalsFor(free: readonly ModelRecord[], { world, id }: Facts): number {
  const labels = new Set(free.flatMap(({ json }) => texts(json?.['type'])));
  const others = [...world.model.requests.values()].filter(
    (request) => request.id !== id && (request.state === 'requested' || request.state === 'pending'),
  );
  return others.flatMap(({ json }) => texts(json?.['node_types'])).filter((label) => labels.has(label)).length;
}
