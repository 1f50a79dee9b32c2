import type { CloudCall, Invariant, World } from '../world.js';

const underway = new WeakMap<World, CloudCall[]>();

/** Uploads of which nobody knows yet how they end. */
export function uploadsUnderway(world: World): readonly CloudCall[] {
  const open = (underway.get(world) ?? []).filter(({ answer, process }) => answer === null && !process.dead);
  underway.set(world, open);
  return open;
}

/** One builder at a time uploads a build to a provider. */
export const uploadsAreSingle: Invariant = {
  onCloudCall(call, world) {
    if (call.kind !== 'image-upload') return;
    const open = uploadsUnderway(world);
    const other = open.find((each) => isSame(each, call) && (each.process === call.process || holdsLock(each, world)));
    underway.set(world, [...open, call]);
    if (!other) return;
    const detail = `${call.process.name} uploads build ${String(call.build)} to ${call.provider}, as ${other.process.name} does`;
    world.chronicle.fail('one upload at a time', detail);
  },
};

function isSame(one: CloudCall, other: CloudCall): boolean {
  return one.build !== null && one.build === other.build && one.provider === other.provider;
}

/** Whose session has ended does not know yet that somebody else is at it. */
function holdsLock({ author, build, provider }: CloudCall, { imageLocks }: World): boolean {
  const below = `/builds/${String(build)}/providers/${provider}/images`;
  return [...imageLocks].some(([path, queue]) => path.endsWith(below) && queue[0]?.owner === author);
}
