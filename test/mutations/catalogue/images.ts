import type { Area } from '../source-mutation.js';

const BUILD = 'test/unit/builder/build.test.ts';
const UPLOAD = 'test/unit/builder/upload.test.ts';
const RETENTION = 'test/unit/decide/image-retention.test.ts';
const CLEANUP = 'test/unit/builder/cleanup.test.ts';
const RACES = 'test/unit/builder/races.test.ts';

export const IMAGES: Area = {
  title: 'The builder',
  mutations: [
    {
      name: 'never forgets failures of builds and uploads',
      file: 'src/apps/builder/backoffs.ts',
      find: '    this.entries.delete(subject);\n',
      replace: '',
      foundBy: { test: 'test/unit/builder/backoffs.test.ts' },
    },
    {
      name: 'tries a failing build again at once',
      file: 'src/domain/decide/build-backoff.ts',
      find: 'const delay = Math.min(failure.base * 2 ** (failures - 1), LONGEST_BACKOFF);',
      replace: 'const delay = 0;',
      foundBy: { test: BUILD },
    },
    {
      name: 'builds images that are paused',
      file: 'src/domain/decide/build-due.ts',
      find: "  if (paused) return { code: 'IMAGE_PAUSED', image: image.name, by: 'operator' };\n",
      replace: '',
      foundBy: { test: 'test/unit/decide/build-due.test.ts' },
    },
    {
      name: 'never builds anew',
      file: 'src/domain/decide/build-due.ts',
      find: 'const due = age >= image.rebuildAge;',
      replace: 'const due = age >= Infinity;',
      foundBy: { test: 'test/unit/decide/build-due.test.ts' },
    },
    {
      name: 'builds twice what another builder has built meanwhile',
      file: 'src/apps/builder/build-run.ts',
      find: "      if (!(await this.stillDue(image, seen))) return { end: 'superseded' };\n",
      replace: '',
      foundBy: { test: RACES },
    },
    {
      name: 'goes on building without the lock of the image',
      file: 'src/apps/builder/build-run.ts',
      find: "if ('refused' in acquired) return { end: 'busy' };",
      replace: "if ('refused' in acquired) return this.build(image, seen, { generation: 1 } as Lease, kill, stop);",
      foundBy: { simulatorFrom: 6002 },
    },
    {
      name: 'forgets an order to build that has failed',
      file: 'src/apps/builder/build-run.ts',
      find: "        await this.removeFiles(key);\n        return { end: 'failed', problem: outcome.problem };",
      replace:
        "        await this.removeFiles(key);\n        await this.removeOrder(image.name, stop);\n        return { end: 'failed', problem: outcome.problem };",
      foundBy: { test: 'test/unit/builder/build.test.ts' },
    },
    {
      name: 'takes a build for ready that wrote no file',
      file: 'src/apps/builder/build-run.ts',
      find: 'return missing.length === 0 ? null :',
      replace: 'return missing.length >= 0 ? null :',
      foundBy: { test: BUILD },
    },
    {
      name: 'uploads twice to one provider',
      file: 'src/apps/builder/upload-run.ts',
      find: "return others.some((upload) => upload.value.state === 'ready') ? undefined : current;",
      replace: 'return others.length < 0 ? undefined : current;',
      foundBy: { test: RACES },
    },
    {
      name: 'leaves an image in the cloud that cannot be used',
      file: 'src/apps/builder/upload-run.ts',
      find: '    if (uploaded) await this.takeBack(key, uploaded, images, stop);\n',
      replace: '',
      foundBy: { test: UPLOAD },
    },
    {
      name: 'calls an upload ready whose record was cleaned up',
      file: 'src/apps/builder/upload-run.ts',
      find: "      if (current?.state !== 'uploading')\n        throw new RecordGoneError(`the record of upload ${key.upload} of ${key.build}`);\n      assertUploadTransition(current.state, 'ready');\n",
      replace: '',
      foundBy: { test: RACES },
    },
    {
      name: 'uploads an image that is paused in the provider',
      file: 'src/domain/decide/upload-due.ts',
      find: "  if (image.pause) return wait({ code: 'PROVIDER_PAUSED', provider: provider.name, image: image.name });\n",
      replace: '',
      foundBy: { test: 'test/unit/decide/upload-due.test.ts' },
    },
    {
      name: 'keeps only the newest generation of images',
      file: 'src/domain/decide/image-recency.ts',
      find: 'GENERATIONS_KEPT = 2',
      replace: 'GENERATIONS_KEPT = 1',
      foundBy: { test: RETENTION },
    },
    {
      name: 'takes the oldest builds for the newest',
      file: 'src/domain/decide/image-recency.ts',
      find: 'knownOrOldest(timeB) - knownOrOldest(timeA)',
      replace: 'knownOrOldest(timeA) - knownOrOldest(timeB)',
      foundBy: { test: RETENTION },
    },
    {
      name: 'deletes the last uploads of a provider with their old build',
      file: 'src/domain/decide/image-retention.ts',
      find: ' || recent.has(uploadKeyText(upload))) return;',
      replace: ') return;',
      foundBy: { test: RETENTION },
    },
    {
      name: 'removes the files of a build that is still uploaded from',
      file: 'src/domain/decide/image-retention.ts',
      find: "if (uploads.every((upload) => upload.value.state === 'deleting')) {",
      replace: 'if (uploads.length >= 0) {',
      foundBy: { test: RETENTION },
    },
    {
      name: 'takes the upload of another builder for dead while it goes on',
      file: 'src/apps/builder/image-actions.ts',
      find: "if (current.state === 'uploading' && (await this.uploadGoesOn(key))) return 'busy';",
      replace: "if (current.state === 'uploading' && key === null) return 'busy';",
      foundBy: { test: 'test/unit/builder/races.test.ts' },
    },
    {
      name: 'removes the record of an upload without deleting its image',
      file: 'src/apps/builder/image-actions.ts',
      find: '      else await this.deleteInCloud(key, current.externalId, signal);\n',
      replace: '',
      foundBy: { test: CLEANUP },
    },
  ],
};
