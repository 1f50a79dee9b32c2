import { parse } from '../kernel/tree-model.js';
import type { Invariant, World } from '../world.js';

const UPLOAD = /^\/nodepool\/images\/([^/]+)\/builds\/([^/]+)\/providers\/([^/]+)\/images\/\d+$/;
const CONFIG_LAG = 60;

/** The last usable image of a provider stays until a newer one is ready. */
export const imagesAreKept: Invariant = {
  beforeChange(change, world) {
    const [, image = '', , provider = ''] = UPLOAD.exec(change.path) ?? [];
    if (image === '' || change.author?.role !== 'builder' || change.kind === 'create') return;
    const before = parse(change.before);
    const after = parse(change.after);
    if (before?.['state'] !== 'ready' || after?.['state'] === 'ready' || !isWanted(image, provider, world)) return;
    const others = [...world.model.uploads.values()].filter(
      (upload) => upload.id !== change.path && upload.image === image && upload.provider === provider,
    );
    if (others.some((upload) => upload.state === 'ready')) return;
    world.chronicle.fail(
      'the last image stays',
      `${change.author.process} gives up ${change.path}, the last of its kind`,
    );
  },
  onCloudCall(call, world) {
    if (call.kind !== 'image-delete') return;
    for (const upload of world.model.uploads.values()) {
      if (upload.json?.['external_id'] !== call.externalId || upload.state !== 'ready') continue;
      const detail = `${call.process.name} deletes image ${String(call.externalId)} of ${upload.id}, which is ready`;
      world.chronicle.fail('the last image stays', detail);
    }
  },
};

function isWanted(image: string, provider: string, world: World): boolean {
  return world
    .recentConfigs(CONFIG_LAG)
    .every((config) => config.diskImages.has(image) && config.providers.get(provider)?.diskImages.has(image) === true);
}
