import type { Area } from '../source-mutation.js';

const STATIC = 'test/unit/decide/static-machines.test.ts';
const FIXED = 'test/unit/launcher/fixed-machines.test.ts';

export const MACHINES: Area = {
  title: 'Machines that exist by themselves, and drivers',
  mutations: [
    {
      name: 'withdraws a machine that is in use',
      file: 'src/domain/decide/static-machines.ts',
      find: 'isFree(value) && !input.locked(id) && !input.withdrawing(id)',
      replace: '!input.withdrawing(id)',
      foundBy: { test: STATIC },
    },
    {
      name: 'takes a user more on a machine for another machine',
      file: 'src/domain/decide/static-machines.ts',
      find: "return `${of.hostname ?? ''}:${typeof of.connectionPort === 'number' ? of.connectionPort : '?'}`;",
      replace: "return `${of.hostname ?? ''}:${(of as { username?: string }).username ?? ''}`;",
      foundBy: { test: STATIC },
    },
    {
      name: 'offers a machine that does not answer',
      file: 'src/apps/launcher/static-machines.ts',
      find: '      health.hostKeys = null;\n',
      replace: '      if (health.failures > 0) return this.register(plan.machine, machines, [], signal);\n',
      foundBy: { test: FIXED },
    },
    {
      name: 'hands out a machine without asking whether it is there',
      file: 'src/apps/launcher/node-reuse.ts',
      find: '    if (!fixed) return true;\n',
      replace: '    if (!fixed || fixed) return true;\n',
      foundBy: { test: FIXED },
    },
    {
      name: 'gives the only machine of a rare label to a common one',
      file: 'src/domain/decide/match-machines.ts',
      find: '      if (before !== undefined && !place(before, tried)) continue;\n',
      replace: '      if (before !== undefined) continue;\n',
      foundBy: { test: 'test/unit/decide/match-machines.test.ts' },
    },
    {
      name: 'accepts a machine with a wrong host key',
      file: 'src/adapters/static/static-machines.ts',
      find: "    if (gather === 'keys') requireKeys(node, hostKeys);\n",
      replace: "    if (gather === 'port') requireKeys(node, hostKeys);\n",
      foundBy: { test: 'test/unit/static/static-driver.test.ts' },
    },
    {
      name: 'takes a server of another installation for its own',
      file: 'src/domain/decide/installation.ts',
      find: 'return id !== undefined && id !== own;',
      replace: 'return id !== undefined && id === null && own === null;',
      foundBy: { test: 'test/unit/launcher/two-installations.test.ts' },
    },
  ],
};
