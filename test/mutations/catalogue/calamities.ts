import type { Area } from '../source-mutation.js';

const WIPED = { test: 'test/unit/launcher/wiped-store.test.ts' };

export const CALAMITIES: Area = {
  title: 'Disks and stores that fail',
  mutations: [
    {
      name: 'gives a node of a new store the server of the old one that had its number',
      file: 'src/adapters/records/tree-installation.ts',
      find: ' && this.generation === this.context.store.session.generation',
      replace: '',
      foundBy: WIPED,
    },
    {
      name: 'leaves the servers of a store that was lost to nobody',
      file: 'src/apps/launcher/leaked-instances.ts',
      find: 'return this.isLost(externalId, node);',
      replace: 'return false;',
      foundBy: WIPED,
    },
    {
      name: 'tries to build on a full disk as soon after the tenth failure as after the first',
      file: 'src/domain/decide/build-backoff.ts',
      find: 'failure.base * 2 ** (failures - 1)',
      replace: 'failure.base * 2 ** (failures - failures)',
      foundBy: { simulatorFrom: 810_000 },
    },
    {
      name: 'looks at its configuration only once',
      file: 'src/apps/launcher/launcher.ts',
      find: 'await config.reload();\n      return intervals.configCheck;',
      replace: 'await config.reload();\n      return Infinity;',
      foundBy: { simulatorFrom: 810_000 },
    },
  ],
};
