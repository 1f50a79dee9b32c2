import type { Area } from '../source-mutation.js';

const WIPED = { test: 'test/unit/launcher/wiped-store.test.ts' };

export const CALAMITIES: Area = {
  title: 'Stores that are lost',
  mutations: [
    {
      name: 'gives a node of a new store the server of the old one that had its number',
      file: 'src/adapters/records/tree-installation.ts',
      find: ' && this.generation === this.context.store.session.generation',
      replace: '',
      foundBy: { test: 'test/contract/records-memory.test.ts' },
    },
    {
      name: 'leaves the servers of a store that was lost to nobody',
      file: 'src/apps/launcher/leaked-instances.ts',
      find: 'return this.isLost(name, externalId, node);',
      replace: 'return false;',
      foundBy: WIPED,
    },
  ],
};
