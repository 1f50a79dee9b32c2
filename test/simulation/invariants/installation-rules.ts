import { parse, text } from '../kernel/tree-model.js';
import type { CloudCall, Invariant, World } from '../world.js';

const MADE = /^\/nodepool\/(?:nodes\/[^/]+|images\/.+\/images\/\d+)$/;

/** Installations that share an account leave alone what the other one has made there, and take none of it for their own. */
export const installationsAreApart: Invariant = {
  beforeChange({ path, author, kind, before, after }, world) {
    if (!author || kind === 'remove' || !MADE.test(path)) return;
    const id = text(parse(after)?.['external_id']);
    if (id === null || id === text(parse(before)?.['external_id']) || !isOfOthers(id, world)) return;
    fail(world, `${author.process} takes ${id} for ${path}`);
  },
  onCloudCall({ kind, externalId, process }: CloudCall, world) {
    if (kind !== 'delete' && kind !== 'image-delete') return;
    if (externalId !== null && isOfOthers(externalId, world)) fail(world, `${process.name} does ${kind} ${externalId}`);
  },
};

function isOfOthers(externalId: string, world: World): boolean {
  return world.clouds.all.some(({ servers, images }) => {
    const server = servers.find(({ id }) => id === externalId);
    const image = images.find((each) => each.externalId === externalId);
    return world.isOfOthers(server?.metadata ?? image?.properties ?? {});
  });
}

function fail(world: World, detail: string): void {
  world.chronicle.fail('installations are apart', `${detail}, which another installation has made`);
}
