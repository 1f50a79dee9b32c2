import type { Area } from '../source-mutation.js';

/** Where each of them is found soon. */
const WORLDS = { simulatorFrom: 1_300_000 };

export const PROMISES: Area = {
  title: 'Found by the rules of the simulator about servers, images and reasons',
  mutations: [
    {
      name: 'deletes a server that it knows to be gone',
      file: 'src/apps/launcher/node-deletion.ts',
      find: 'const known = externalId === null ? [] : [externalId];',
      replace: 'const known = externalId === null ? [] : [externalId, externalId];',
      foundBy: WORLDS,
    },
    {
      name: 'looks for leaked servers fifteen times as seldom',
      file: 'src/apps/launcher/routine-cleanup.ts',
      find: '      return intervals.cleanup;\n',
      replace: '      return intervals.cleanup * 15;\n',
      foundBy: WORLDS,
    },
    {
      name: 'leaves a node alone for ten minutes after a failed deletion',
      file: 'src/apps/launcher/node-reaper.ts',
      find: 'new GrowingPause(this.services.intervals.deleteRetry, LONGEST_RETRY_DELAY)',
      replace: 'new GrowingPause(this.services.intervals.deleteRetry * 120, 3600)',
      foundBy: WORLDS,
    },
    {
      name: 'asks for a server with another key in each attempt',
      file: 'src/apps/launcher/node-launch.ts',
      find: '      provider.create(spec, signal),\n',
      replace:
        '      provider.create({ ...spec, idempotencyKey: `${spec.idempotencyKey} ${this.services.clock.monotonic()}` }, signal),\n',
      foundBy: WORLDS,
    },
    {
      name: 'leaves the files of builds behind that are gone',
      file: 'src/domain/decide/image-local-files.ts',
      find: "if (!record) return [{ do: 'remove-files', key, because: { code: 'NO_RECORD' } }];",
      replace: 'if (!record) return [];',
      foundBy: WORLDS,
    },
    {
      name: 'removes the files of a build that has just been made',
      file: 'src/apps/builder/build-run.ts',
      find: "      if (seen.kind === 'manual') await",
      replace: "      await this.removeFiles(key);\n      if (seen.kind === 'manual') await",
      foundBy: WORLDS,
    },
    {
      name: 'rests no longer after the third failed build than after the first',
      file: 'src/domain/decide/build-backoff.ts',
      find: 'failure.base * 2 ** (failures - 1)',
      replace: 'failure.base',
      foundBy: WORLDS,
    },
    {
      name: 'rests after the first failed build as after the sixth',
      file: 'src/domain/decide/build-backoff.ts',
      find: 'const failures = (previous?.failures ?? 0) + 1;',
      replace: 'const failures = (previous?.failures ?? 5) + 1;',
      foundBy: WORLDS,
    },
    {
      name: 'goes by the build before the newest when it decides whether to build',
      file: 'src/domain/decide/build-due.ts',
      find: 'const newest = newestReadyBuilds(input.builds, 1)[0];',
      replace: 'const newest = newestReadyBuilds(input.builds, 2).at(-1);',
      foundBy: WORLDS,
    },
    {
      name: 'keeps the newest build only',
      file: 'src/domain/decide/image-recency.ts',
      find: 'export const GENERATIONS_KEPT = 2;',
      replace: 'export const GENERATIONS_KEPT = 1;',
      foundBy: WORLDS,
    },
    {
      name: 'builds without the lock of the image',
      file: 'src/apps/builder/build-run.ts',
      find: '      return await this.build(image, seen, acquired.lease, kill, stop);',
      replace:
        '      await acquired.lease.release();\n      return await this.build(image, seen, acquired.lease, kill, stop);',
      foundBy: WORLDS,
    },
    {
      name: 'uploads without the lock of the upload',
      file: 'src/apps/builder/upload-run.ts',
      find: '      const build = await this.stillDue(job);\n',
      replace: '      await acquired.lease.release();\n      const build = await this.stillDue(job);\n',
      foundBy: WORLDS,
    },
  ],
};
