import type { StoredBuild, StoredUpload } from '../../../src/domain/model/image.js';
import { until } from '../daemon-patience.js';
import { ClientRecords } from './client-records.js';
import type { FaultyInstallation } from './faulty-installation.js';

/** Builds of an image, and uploads in a provider, that are kept (spec BUILDER 2.10). */
const KEPT = 2;
/** Seconds; the longest until it is so, and for how long it has to stay so: daemons may not have read their configuration yet. */
const LIMIT = 90;
const CALM = 2;

/** Waits until no node, no request and no machine is left, and only images that are finished and wanted. */
export async function rest({ server, world, cloud }: FaultyInstallation): Promise<void> {
  const onlooker = await ClientRecords.open(server.port, world.chroot, ['nodes', 'requests', 'images']);
  const { nodes, requests, images } = onlooker.records;
  const left = async (): Promise<readonly unknown[]> => {
    const [machines, stored] = await Promise.all([cloud.machines(), cloud.images()]);
    const [builds, uploads] = [images.view.builds(), images.view.uploads()];
    const known = new Set(uploads.map(({ value }) => value.externalId));
    return [
      ...nodes.view.all().values(),
      ...requests.view.all().values(),
      ...[...builds, ...uploads].filter(({ value }) => value.state !== 'ready'),
      ...surplus(builds, uploads),
      ...machines,
      ...stored.filter((image) => !known.has(image)),
    ];
  };
  let [last, since]: [readonly unknown[], number] = [[], performance.now()];
  const calm = async (): Promise<boolean> => {
    last = await left();
    if (last.length > 0) since = performance.now();
    return performance.now() - since > CALM * 1000;
  };
  const story = (): string => JSON.stringify(last);
  await until('all is at rest', calm, { limit: LIMIT, every: 0.2, story }).finally(() => onlooker.close());
}

/** Builds that are neither among the newest nor below one of the newest uploads: a build between them may never have been uploaded. */
function surplus(builds: readonly StoredBuild[], uploads: readonly StoredUpload[]): readonly StoredBuild[] {
  const ready = uploads.filter(({ value }) => value.state === 'ready');
  const newest = [...ready].sort((a, b) => b.value.stateTime - a.value.stateTime).slice(0, KEPT);
  return builds.slice(KEPT).filter(({ build }) => !newest.some((upload) => upload.build === build));
}
