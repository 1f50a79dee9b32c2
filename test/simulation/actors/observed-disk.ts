import { MemoryDisk } from '../../../src/adapters/fake-builder/memory-disk.js';
import { uploadsUnderway } from '../invariants/upload-rules.js';
import type { World } from '../world.js';

const disks = new WeakMap<World, Map<string, ObservedDisk>>();

/** The disk of the host that a process runs on. */
export function diskOf({ name }: { readonly name: string }, world: World): ObservedDisk | undefined {
  return disks.get(world)?.get(hostOf(name));
}

function hostOf(process: string): string {
  return process.replace(/\.\d+$/, '');
}

/** The disk of one builder: no file of a build goes while somebody needs it. */
export class ObservedDisk extends MemoryDisk {
  constructor(
    private readonly world: World,
    private readonly host: string,
  ) {
    super(world.streams.of(`disk of ${host}`));
    const known = disks.get(world) ?? new Map<string, ObservedDisk>();
    disks.set(world, known.set(host, this));
  }

  override async remove(imagesDir: string, image: string, buildId: string): Promise<readonly string[]> {
    const { model, chronicle } = this.world;
    const state = model.builds.get(`/nodepool/images/${image}/builds/${buildId}`)?.state;
    // A build that no record tells of any more is of no use to anybody, whoever uploads it.
    const has = state !== undefined && this.names(imagesDir).some((name) => name.startsWith(`${image}-${buildId}.`));
    if (has && state === 'ready')
      chronicle.fail('files that are needed stay', `${this.host} removes files of ${image}-${buildId}, which is ready`);
    const upload = uploadsUnderway(this.world).find(
      ({ build, process, at }) =>
        build === buildId && hostOf(process.name) === this.host && !this.world.isBeforeLoss(at),
    );
    if (has && upload) {
      const detail = `${this.host} removes files of ${image}-${buildId}, which it is uploading to ${upload.provider}`;
      chronicle.fail('files that are needed stay', detail);
    }
    return super.remove(imagesDir, image, buildId);
  }
}
