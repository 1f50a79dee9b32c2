/**
 * Which records the machines of a provider need that exist by themselves (spec BUILDER 1.7): one ready node per slot, never more
 * records per machine than it has slots.
 *
 * Decided on the mirror; whoever carries it out looks again before each creation and under the node's lock before each change.
 */
import type { MachineReason } from '../explain/node-reason.js';
import type { FixedSlot } from '../model/fixed-slot.js';
import type { Node, NodeId, NodeState } from '../model/node.js';
import { NODE_DEFAULTS } from '../model/node.js';
import type { Stored } from '../model/stored.js';
import { groupBy } from '../model/group-by.js';

/** What peers expect in the record's launcher field (spec LAUNCHER 1.6). */
export const STATIC_LAUNCHER = 'static driver';

/** One job's place on a machine, with the pool that offers it. */
export interface StaticPlace extends FixedSlot {
  readonly pool: string;
  readonly attributes: Readonly<Record<string, unknown>> | null;
}

const LEAVING: ReadonlySet<NodeState> = new Set(['used', 'failed', 'aborted', 'deleting', 'deleted']);

/** A machine, the slots that have no record, and the records of it that nobody uses. */
export interface StaticMachinePlan {
  readonly machine: string;
  /** Any of its places: they answer at the same address. */
  readonly place: StaticPlace;
  readonly missing: readonly StaticPlace[];
  readonly free: readonly { readonly node: Stored<Node>; readonly place: StaticPlace }[];
}

export interface StaticMachinesPlan {
  readonly machines: readonly StaticMachinePlan[];
  /** Free records that have to go. */
  readonly surplus: readonly { readonly id: NodeId; readonly because: MachineReason }[];
}

export interface StaticMachinesInput {
  readonly provider: string;
  readonly places: readonly StaticPlace[];
  readonly nodes: Iterable<Stored<Node>>;
  readonly locked: (id: NodeId) => boolean;
  /** Chosen as surplus before, and being dealt with. */
  readonly withdrawing: (id: NodeId) => boolean;
}

export function planStaticMachines(input: StaticMachinesInput): StaticMachinesPlan {
  const places = groupBy(input.places, machineOf);
  const nodes = groupBy(
    [...input.nodes].filter((node) => isMachine(input, node)).sort((a, b) => (a.id < b.id ? -1 : 1)),
    ({ value }) => machineOf(value),
  );
  const surplus: { readonly id: NodeId; readonly because: MachineReason }[] = [];
  for (const [machine, found] of nodes) {
    if (places.has(machine)) continue;
    for (const { id } of free(input, found)) surplus.push({ id, because: { code: 'MACHINE_NOT_CONFIGURED', machine } });
  }
  const machines = [...places].map(([machine, slots]) => {
    const found = nodes.get(machine) ?? [];
    const over = overfull(input, found, slots);
    const because = { code: 'MORE_NODES_THAN_SLOTS', machine, nodes: found.length, slots: slots.length } as const;
    for (const { id } of over) surplus.push({ id, because });
    return planMachine(input, machine, slots, found, new Set(over));
  });
  return { machines, surplus };
}

/**
 * The machine of a place or of a record: host and port tell machines apart. Another user on it is the same machine, and may be
 * offered beside the first one by an entry of its own.
 */
export function machineOf(of: Pick<Node, 'hostname' | 'connectionPort'>): string {
  return `${of.hostname ?? ''}:${typeof of.connectionPort === 'number' ? of.connectionPort : '?'}`;
}

/** Does nobody use the node, as far as its record tells? */
export function isFree(node: Node): boolean {
  return node.state === 'ready' && node.allocatedTo === null;
}

export function staticNode(provider: string, place: StaticPlace, hostKeys: readonly string[], now: number): Node {
  const facts = staticFacts(place, hostKeys);
  return { ...NODE_DEFAULTS, ...facts, state: 'ready', stateTime: now, createdTime: now, provider };
}

/** What the configuration and the check say about the machine: the same at registration and after a change. */
export function staticFacts(place: StaticPlace, hostKeys: readonly string[]): Partial<Node> {
  return {
    pool: place.pool,
    attributes: place.attributes,
    type: place.labels,
    launcher: STATIC_LAUNCHER,
    hostname: place.hostname,
    interfaceIp: place.hostname,
    connectionPort: place.connectionPort,
    connectionType: place.connectionType,
    username: place.username,
    pythonPath: place.pythonPath,
    shellType: place.shellType,
    slot: place.slot,
    hostKeys,
  };
}

/** Would registering the machine again make another record of it? */
export function isOutdated(node: Node, facts: Partial<Node>): boolean {
  return Object.entries(facts).some(
    ([key, value]) => JSON.stringify(node[key as keyof Node]) !== JSON.stringify(value),
  );
}

/** A record with an id in a cloud was launched, and has to be deleted there: it is no business of ours. */
function isMachine(input: StaticMachinesInput, { value }: Stored<Node>): boolean {
  return value.provider === input.provider && value.externalId === null;
}

function planMachine(
  input: StaticMachinesInput,
  machine: string,
  places: readonly StaticPlace[],
  nodes: readonly Stored<Node>[],
  leaving: ReadonlySet<Stored<Node>>,
): StaticMachinePlan {
  const [place] = places;
  if (!place) throw new Error(`machine ${machine} has no slots`);
  const staying = nodes.filter((node) => !leaving.has(node));
  const owner = ownersOf(places, staying);
  // A record that is surplus but still there takes its room until it is gone.
  const room = Math.max(0, places.length - nodes.length);
  const unowned = places.filter((candidate) => !owner.has(candidate)).slice(0, room);
  const freeNodes = new Set(free(input, staying));
  const owned = [...owner].flatMap(([at, node]) => (freeNodes.has(node) ? [{ node, place: at }] : []));
  return { machine, place, missing: unowned, free: owned };
}

/**
 * Which record stands for which place: of the same user and slot; else, as when the user was renamed, of the same slot. Records of
 * the 3.x releases have no slot number: they take what is left.
 */
function ownersOf(places: readonly StaticPlace[], nodes: readonly Stored<Node>[]): Map<StaticPlace, Stored<Node>> {
  const owner = new Map<StaticPlace, Stored<Node>>();
  const placed = new Set<Stored<Node>>();
  const fits: readonly ((place: StaticPlace, node: Node) => boolean)[] = [
    (place, node) => placeKey(place) === placeKey(node),
    (place, node) => place.slot === node.slot,
    () => true,
  ];
  for (const fit of fits) {
    for (const node of nodes.filter((candidate) => !placed.has(candidate))) {
      const own = places.find((candidate) => !owner.has(candidate) && fit(candidate, node.value));
      if (!own) continue;
      owner.set(own, node);
      placed.add(node);
    }
  }
  return owner;
}

/** Tells the places of one machine apart. */
function placeKey({ username, slot }: Pick<Node, 'username' | 'slot'>): string {
  return `${username ?? ''}#${slot ?? -1}`;
}

/**
 * The free records beyond the number of slots; those whose slot does not exist or is taken go first, then the youngest. Records
 * that are about to vanish anyway are no reason to remove others.
 */
function overfull(
  input: StaticMachinesInput,
  nodes: readonly Stored<Node>[],
  places: readonly StaticPlace[],
): readonly Stored<Node>[] {
  const staying = nodes.filter(({ id, value }) => !LEAVING.has(value.state) && !input.withdrawing(id));
  const excess = staying.length - places.length;
  if (excess <= 0) return [];
  const idle = new Set(free(input, staying));
  const open = new Set(places.map(placeKey));
  const misplaced = new Set<Stored<Node>>();
  for (const node of [...staying.filter((candidate) => !idle.has(candidate)), ...idle]) {
    if (!open.delete(placeKey(node.value))) misplaced.add(node);
  }
  const youngestFirst = [...idle].reverse();
  return [
    ...youngestFirst.filter((node) => misplaced.has(node)),
    ...youngestFirst.filter((node) => !misplaced.has(node)),
  ].slice(0, excess);
}

function free(input: StaticMachinesInput, nodes: readonly Stored<Node>[]): readonly Stored<Node>[] {
  return nodes.filter(({ id, value }) => isFree(value) && !input.locked(id) && !input.withdrawing(id));
}
