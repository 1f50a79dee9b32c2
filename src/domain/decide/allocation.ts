/**
 * How an accepted request gets its nodes (spec LAUNCHER 2.6): for each label still needed, in order, a free node, else a new one,
 * else a reason to wait. All nodes of a request share a zone.
 */
import type { Reason } from '../explain/reason.js';
import type { Node, NodeId } from '../model/node.js';
import type { Resources } from '../model/quota.js';
import { NO_RESOURCES } from '../model/quota.js';
import type { Stored } from '../model/stored.js';
import { obstacles, tenantReasons } from './allocation-obstacles.js';
import { beforeFirstStep, withInstance, withNode } from './allocation-state.js';
import type { AllocationInput, AllocationState } from './allocation-state.js';
import { matchMachines } from './match-machines.js';

export type AllocationStep =
  | { readonly kind: 'reuse'; readonly label: string; readonly node: NodeId; readonly az: string | null }
  | { readonly kind: 'create'; readonly label: string; readonly az: string | null; readonly resources: Resources };

export interface Allocation {
  readonly steps: readonly AllocationStep[];
  /** Labels that have to wait, with the reasons of the first of them; empty = nothing waits. */
  readonly waiting: readonly string[];
  readonly because: readonly Reason[];
}

export function allocate(input: AllocationInput): Allocation {
  const steps: AllocationStep[] = [];
  const waiting: string[] = [];
  let because: readonly Reason[] = [];
  let state = beforeFirstStep(input);
  const machines = input.fixed && input.reuse ? matchMachines(input.needed, input.free) : [];
  for (const [index, label] of input.needed.entries()) {
    const node = input.fixed ? machines[index] : reusable(input, label, state.az, state.taken);
    const more = newToTenant(input, node, label);
    const overTenant = tenantReasons(input, state, more);
    if (node && overTenant.length === 0) {
      state = withNode(state, node, more);
      steps.push({ kind: 'reuse', label, node: node.id, az: node.value.az });
      continue;
    }
    const resources = input.resourcesOf(label);
    const az = chooseZone(input, state);
    const reasons = overTenant.length > 0 ? overTenant : obstacles(input, state, label, resources, az);
    if (waiting.length > 0 || reasons.length > 0) {
      waiting.push(label);
      if (because.length === 0) because = reasons;
      continue;
    }
    state = withInstance(state, az, resources, more);
    steps.push({ kind: 'create', label, az, resources });
  }
  return { steps, waiting, because };
}

/** What the tenant uses more than before when it gets the node, or a new one if there is none. */
function newToTenant(input: AllocationInput, node: Stored<Node> | undefined, label: string): Resources {
  if (!node) return input.resourcesOf(label);
  return node.value.tenantName === input.tenant?.name
    ? NO_RESOURCES
    : (node.value.resources ?? input.resourcesOf(label));
}

function reusable(
  input: AllocationInput,
  label: string,
  az: string | null | undefined,
  taken: ReadonlySet<NodeId>,
): Stored<Node> | undefined {
  if (!input.reuse) return undefined;
  return input.free.find(
    (node) => !taken.has(node.id) && node.value.type.includes(label) && (az === undefined || node.value.az === az),
  );
}

/** That of the set, else one by the random, among those in which instances may be created now if there are any. */
function chooseZone(input: AllocationInput, { az }: AllocationState): string | null {
  if (az !== undefined) return az;
  const open = input.zones.filter((zone) => input.creates(zone).allowed > 0);
  const zones = open.length > 0 ? open : input.zones;
  return zones[Math.floor(input.random * zones.length)] ?? null;
}
