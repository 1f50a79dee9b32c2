import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import { staticNodes } from '../../../src/domain/config/static-node.js';
import type { StaticNodeConfig } from '../../../src/domain/config/static-node.js';
import { machineName } from '../actors/machine-park.js';
import type { Author } from '../kernel/observed-tree.js';
import { parse, text } from '../kernel/tree-model.js';
import type { Json } from '../kernel/tree-model.js';
import { LAB, MACHINE_TIMEOUT } from '../scenario/machines.js';
import type { Invariant, World } from '../world.js';

const NODE = /^\/nodepool\/nodes\/([^/]+)$/;
/** Seconds that an edited configuration may take to be in force everywhere. */
const CONFIG_LAG = 60;
/** Seconds between the end of a check and the record of what it led to. */
const WRITING = 5;

/** Machines that exist by themselves: no more nodes than places, and none is given away that is not fit, or not ours any more. */
export const machinesAreTreatedWell: Invariant = {
  beforeChange(change, world) {
    const id = NODE.exec(change.path)?.[1];
    const { author } = change;
    if (id === undefined || author?.role !== 'launcher' || change.kind === 'remove') return;
    const [before, after] = [parse(change.before), parse(change.after)];
    if (after?.['provider'] !== LAB || world.ledger.excused(id)) return;
    const machine = machineOf(after);
    if (change.kind === 'create') return checkRoom(id, machine, author, world);
    const given = text(after['allocated_to']);
    if (given !== null && text(before?.['allocated_to']) === null) checkGift(id, machine, given, author, world);
  },
};

/** Is it a record of a machine that waits for somebody to use it? */
export function isFreeMachine(node: Json): boolean {
  return node['provider'] === LAB && node['state'] === 'ready' && text(node['allocated_to']) === null;
}

export function machineOf(node: Json): string {
  return machineName(text(node['hostname']) ?? '', Number(node['connection_port']));
}

function checkRoom(id: string, machine: string, author: Author, world: World): void {
  const places = Math.max(...world.recentConfigs(CONFIG_LAG).map((config) => placesOf(machine, config)));
  const others = [...world.model.nodes.values()].filter(
    ({ json }) => json?.['provider'] === LAB && machineOf(json) === machine,
  );
  if (others.length < places) return;
  const known = others.map((node) => `${node.id} (${String(node.state)})`).join(', ');
  const detail = `${author.process} makes node ${id} of ${machine} with ${places} places beside ${known}`;
  world.chronicle.fail('a machine has no more nodes than places', detail);
}

function checkGift(id: string, machine: string, request: string, author: Author, world: World): void {
  const now = world.clock.monotonic();
  const recently = now - MACHINE_TIMEOUT - WRITING;
  if (world.recentConfigs(CONFIG_LAG).every((config) => placesOf(machine, config) === 0))
    world.chronicle.fail('removed machines are left alone', `${author.process} gives ${machine} (${id}) to ${request}`);
  if (author.absence.to > recently || world.machines.unfitFor(machine) <= now - recently) return;
  const detail = `${author.process} gives ${machine} (${id}) to ${request}, unfit for ${world.machines.unfitFor(machine)} s`;
  world.chronicle.fail('machines that are given away are fit', detail);
}

function placesOf(machine: string, { providers }: NodepoolConfig): number {
  const nodes = [...(providers.get(LAB)?.pools.values() ?? [])].flatMap(staticNodes);
  const own = nodes.filter(({ name, connectionPort }) => machineName(name, connectionPort) === machine);
  return own.reduce((sum: number, { maxParallelJobs }: StaticNodeConfig) => sum + maxParallelJobs, 0);
}
