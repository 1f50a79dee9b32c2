import type { Installation } from '../installation.js';
import type { BuilderDaemon } from '../actors/builder-daemon.js';
import type { Fitness } from './fitness.js';

/** Seconds within which files must go after their build: two cleanups of a builder, and what it does meanwhile. */
const PATIENCE = 180;

/** No file stays of a build that is gone, or on its way out. */
export class FileWatch {
  private files = new Map<string, number>();

  constructor(private readonly fitness: Fitness) {}

  look({ world, builders }: Installation): void {
    const now = world.clock.monotonic();
    const before = this.files;
    this.files = new Map();
    for (const builder of builders) {
      for (const build of leftBehind(builder, world.model.builds)) {
        const key = `${builder.host} ${build}`;
        const since = before.get(key) ?? now;
        this.files.set(key, since);
        const late = now - Math.max(since, this.fitness.ofDaemon(builder.host));
        if (late <= PATIENCE) continue;
        const detail = `${builder.host} has had files of build ${build} for ${late} s, which is gone`;
        world.chronicle.fail('files go with their build', detail);
      }
    }
  }
}

/** Builds of which there are files but no record, or one that goes. */
export function leftBehind(
  { disk }: BuilderDaemon,
  builds: ReadonlyMap<string, { readonly state: string | null }>,
): readonly string[] {
  const found = disk.names('/images').flatMap((name) => {
    const [, image = '', build] = /^(.+)-([0-9a-f]{32})\./.exec(name) ?? [];
    const record = builds.get(`/nodepool/images/${image}/builds/${String(build)}`);
    return build !== undefined && (!record || record.state === 'deleting') ? [`${image}-${build}`] : [];
  });
  return [...new Set(found)];
}
