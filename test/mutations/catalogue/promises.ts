import type { Area } from '../source-mutation.js';

/** Where each of them is found soon. */
const WORLDS = { simulatorFrom: 1_300_000 };
/** Here images are soon old, and several builds fail in a row. */
const FAILING_BUILDS = { simulatorFrom: 1_301_382 };

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
      find: 'input.local.filter((local) => !local.untouchable)',
      replace: 'input.local.filter((local) => !local.untouchable && local.formats.length > 99)',
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
      foundBy: FAILING_BUILDS,
    },
    {
      name: 'rests after the first failed build as after the sixth',
      file: 'src/domain/decide/build-backoff.ts',
      find: 'const failures = (previous?.failures ?? 0) + 1;',
      replace: 'const failures = (previous?.failures ?? 5) + 1;',
      foundBy: FAILING_BUILDS,
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
    {
      name: 'declines what it would have to wait for',
      file: 'src/domain/decide/admission.ts',
      find: "if (later.length > 0) return { verdict: 'wait', because: later };",
      replace: "if (later.length > 0) return { verdict: 'decline', because: later };",
      foundBy: WORLDS,
    },
    {
      name: 'gives a node up after its first attempt',
      file: 'src/apps/launcher/node-launch.ts',
      find: 'const again = attempt < this.attempts;',
      replace: 'const again = attempt < 1;',
      foundBy: WORLDS,
    },
    {
      name: 'says of a limit that more of it is used than is',
      file: 'src/domain/decide/quota-fit.ts',
      find: 'reasons.push({ code: check.code, owner: check.owner, resource, used, limit, need: amount });',
      replace: 'reasons.push({ code: check.code, owner: check.owner, resource, used: used * 3, limit, need: amount });',
      foundBy: WORLDS,
    },
  ],
};
