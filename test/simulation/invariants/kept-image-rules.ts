import { knownOrOldest } from '../../../src/domain/model/moment.js';
import type { TreeChange } from '../kernel/observed-tree.js';
import { parse } from '../kernel/tree-model.js';
import type { ModelRecord } from '../kernel/tree-model.js';
import type { Invariant, World } from '../world.js';

const BUILD = /^\/nodepool\/images\/([^/]+)\/builds\/(?!lock$)[^/]+$/;
const UPLOAD = /^\/nodepool\/images\/([^/]+)\/builds\/([^/]+)\/providers\/([^/]+)\/images\/\d+$/;
/** Seconds that an edited configuration may take to be in force everywhere. */
const CONFIG_LAG = 60;
/** The newest ones, and those before them: what operators fall back to. */
const GENERATIONS = 2;

/** The two newest builds of an image stay, with their uploads, and the two newest uploads in each provider (spec BUILDER 2.10.1). */
export const generationsAreKept: Invariant = {
  beforeChange(change, world) {
    const { author, path } = change;
    if (author?.role !== 'builder' || !givesUp(change)) return;
    const kept = keptOf(path, world);
    if (!kept.includes(path)) return;
    const detail = `${author.process} gives up ${path}, one of ${kept.join(', ')}`;
    world.chronicle.fail('two generations are kept', detail);
  },
};

function givesUp({ kind, before, after }: TreeChange): boolean {
  return kind !== 'create' && parse(before)?.['state'] === 'ready' && parse(after)?.['state'] !== 'ready';
}

/** Of the same kind as what is at the path. */
function keptOf(path: string, world: World): readonly string[] {
  const { builds, uploads } = world.model;
  const [, image = BUILD.exec(path)?.[1] ?? '', , provider] = UPLOAD.exec(path) ?? [];
  const configs = world.recentConfigs(CONFIG_LAG);
  if (image === '' || !configs.every(({ diskImages }) => diskImages.has(image))) return [];
  const ready = [...builds.values()].filter((build) => build.image === image && build.state === 'ready');
  const newest = newestOf(ready);
  if (provider === undefined) return newest;
  if (!configs.every(({ providers }) => providers.get(provider)?.diskImages.has(image))) return [];
  const mine = [...uploads.values()].filter((upload) => upload.image === image && upload.provider === provider);
  const usable = mine.filter((upload) => upload.state === 'ready' && ready.some(({ id }) => isBelow(upload.id, id)));
  const ofNewest = usable.filter(({ id }) => newest.some((build) => isBelow(id, build)));
  return [...newestOf(usable), ...ofNewest.map(({ id }) => id)];
}

function isBelow(path: string, above: string): boolean {
  return path.startsWith(`${above}/`);
}

function newestOf(records: readonly ModelRecord[]): readonly string[] {
  const time = ({ json }: ModelRecord): number => knownOrOldest(Number(json?.['state_time'] ?? 0));
  const sorted = [...records].sort((a, b) => time(b) - time(a) || (last(a.id) < last(b.id) ? 1 : -1));
  return sorted.slice(0, GENERATIONS).map(({ id }) => id);
}

function last(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
