import type { Area } from '../source-mutation.js';

/** Worlds with pools that look again by themselves only once an hour, and clouds that fall silent. */
const WORLDS = { simulatorFrom: 700_000 };

export const STANDSTILL: Area = {
  title: 'What stands still although it should go on',
  mutations: [
    {
      name: 'forgets to look again at a request that it has left alone for a while',
      file: 'src/apps/launcher/pool-worker.ts',
      find: "{ kind: 'backed-off', state: this.stateOf(id) });\n    this.loop.wake();",
      replace: "{ kind: 'backed-off', state: this.stateOf(id) });",
      foundBy: { simulatorFrom: 700_060 },
    },
    {
      name: 'sleeps while two requests of two launchers wait for each other',
      file: 'src/domain/decide/plan-pass.ts',
      find: '    if (left > 0) this.again = Math.min(this.again, left);\n',
      replace: '',
      foundBy: { simulatorFrom: 700_030 },
    },
    {
      name: 'sleeps after a probe of a silent cloud that is not answered',
      file: 'src/domain/decide/circuit.ts',
      find: 'return underway < window ? probesAt : Math.max(probesAt, lastBegun + PATIENCE);',
      replace: 'return underway < window + lastBegun ? probesAt : probesAt;',
      foundBy: { simulatorFrom: 700_120 },
    },
    {
      name: 'waits for ever for the answer to a call to the cloud',
      file: 'src/ports/toolkit/deadline.ts',
      find: 'Number.isFinite(seconds) ? clock.schedule(seconds, late)',
      replace: 'Number.isNaN(seconds) ? clock.schedule(seconds, late)',
      foundBy: WORLDS,
    },
    {
      name: 'tells only one pool that a launch of the provider has ended',
      file: 'src/apps/launcher/reservation.ts',
      find: '    this.permission?.cancel();\n    this.tell();\n',
      replace: '    this.permission?.cancel();\n',
      foundBy: { test: 'test/unit/launcher/earned-wakeups.test.ts' },
    },
    {
      name: 'leaves to time what a creation has left whose answer was lost',
      file: 'src/domain/decide/node-cleanup.ts',
      find: 'input.orphan || age',
      replace: 'age',
      foundBy: { test: 'test/unit/launcher/unborn-nodes.test.ts' },
    },
    {
      name: 'says that a request waits although it will be declined',
      file: 'src/apps/launcher/request-journal.ts',
      find: "    if (end && !declineOf(before)) this.note(id, 'decline', end.because);\n",
      replace: '',
      foundBy: { simulatorFrom: 6177 },
    },
  ],
};
