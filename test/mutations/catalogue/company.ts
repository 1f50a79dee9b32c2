import type { Area } from '../source-mutation.js';

/** Fresh seeds of which one in ten has each kind of company. */
const FROM = 1_600_000;

export const COMPANY: Area = {
  title: 'Found by the simulator in worlds with company',
  mutations: [
    {
      name: 'finds a server again by provider and number, whoever has made it',
      file: 'src/domain/decide/installation.ts',
      find: 'return `${installation}/${provider}/${nodeId}`;',
      replace: 'return `${provider}/${nodeId}`;',
      foundBy: { simulatorFrom: FROM },
    },
    {
      name: 'deletes servers of another installation as leaked',
      file: 'src/apps/launcher/leaked-instances.ts',
      find: '    if (isForeign(metadata, installation.id)) return false;\n',
      replace: '',
      foundBy: { simulatorFrom: FROM },
    },
  ],
};
