import type { Area } from '../source-mutation.js';

/** Each rule of the simulator finds at least one defect by itself. */
const WORLDS = { simulatorFrom: 6002 };

export const RULES: Area = {
  title: 'Found by the rules of the simulator alone',
  mutations: [
    {
      name: 'keeps what a tenant was to get for ever',
      file: 'src/apps/launcher/pool-worker.ts',
      find: '        share.end();\n',
      replace: '',
      foundBy: WORLDS,
    },
    {
      name: 'counts every launch for ever',
      file: 'src/apps/launcher/reservations.ts',
      find: 'return once(() => this.launches.set(provider, this.launchesOf(provider) - 1));',
      replace: 'return once(() => this.launches.set(provider, this.launchesOf(provider)));',
      foundBy: WORLDS,
    },
    {
      name: 'makes one attempt more in a world of refusals',
      file: 'src/apps/launcher/node-launch.ts',
      find: 'this.attempts = Math.max(1, job.config.launchRetries);',
      replace: 'this.attempts = job.config.launchRetries + 1;',
      foundBy: WORLDS,
    },
    {
      name: 'takes requests in the order of their arrival only',
      file: 'src/domain/decide/request-order.ts',
      find: '    compareText(a.priority, b.priority) ||\n    a.relativePriority - b.relativePriority ||\n',
      replace: '',
      foundBy: WORLDS,
    },
    {
      name: 'makes nodes from whichever upload it finds first',
      file: 'src/domain/decide/current-image.ts',
      find: 'if (!newest || isNewer(upload, newest)) newest = upload;',
      replace: 'if (!newest || (isNewer(upload, newest) && false)) newest = upload;',
      foundBy: WORLDS,
    },
    {
      name: 'draws a zone for each node of a request',
      file: 'src/domain/decide/allocation.ts',
      find: '  if (az !== undefined) return az;\n  const open',
      replace: '  const open',
      foundBy: WORLDS,
    },
    {
      name: 'says of a limit that more is needed than is',
      file: 'src/domain/decide/quota-fit.ts',
      find: 'reasons.push({ code: check.code, owner: check.owner, resource, used, limit, need: amount });',
      replace: 'reasons.push({ code: check.code, owner: check.owner, resource, used: 0, limit, need: amount });',
      foundBy: WORLDS,
    },
    {
      name: 'does not wake the pools when something has changed that they wait for',
      file: 'src/apps/launcher/wake-hub.ts',
      find: 'for (const sleeper of this.sleepers) sleeper();',
      replace: 'for (const sleeper of [] as (() => void)[]) sleeper();',
      foundBy: WORLDS,
    },
  ],
};
