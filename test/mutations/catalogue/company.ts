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
    {
      name: 'knows its own requests for ready nodes by what Python drops',
      file: 'src/apps/launcher/min-ready-requests.ts',
      find: "    if (this.events.has(value.eventId ?? '')) this.own.add(id);\n    if (!this.own.has(id)) return;\n",
      replace: "    if (!this.events.has(value.eventId ?? '')) return;\n",
      foundBy: { simulatorFrom: FROM },
    },
    {
      name: 'gives a machine to a request although it does not answer',
      file: 'src/apps/launcher/node-reuse.ts',
      find: '      await checkStaticNode(fixed, context.pool, lease.current.value, either.signal);\n',
      replace:
        '      void checkStaticNode(fixed, context.pool, lease.current.value, either.signal).catch(() => undefined);\n',
      foundBy: { simulatorFrom: FROM },
    },
    {
      name: 'registers a machine again while its last user is still there',
      file: 'src/domain/decide/static-machines.ts',
      find:
        '  const owner = ownersOf(places, staying);\n' +
        '  // A record that is surplus but still there takes its room until it is gone.\n' +
        '  const room = Math.max(0, places.length - nodes.length);\n',
      replace:
        '  const owner = ownersOf(places, staying.filter(({ value }) => isFree(value)));\n' +
        '  const room = places.length;\n',
      foundBy: { simulatorFrom: FROM },
    },
    {
      name: 'goes on offering a machine that was taken out of the configuration',
      file: 'src/domain/decide/static-machines.ts',
      find: "    for (const { id } of free(input, found)) surplus.push({ id, because: { code: 'MACHINE_NOT_CONFIGURED', machine } });\n",
      replace: '',
      foundBy: { simulatorFrom: FROM },
    },
    {
      name: 'does not tell a driver’s program by what a server is found again',
      file: 'src/adapters/exec-driver/exec-provider.ts',
      find: '      key: spec.idempotencyKey,\n',
      replace: '',
      foundBy: { simulatorFrom: FROM },
    },
    {
      name: 'does not start a driver’s program again that has ended',
      file: 'src/adapters/exec-driver/exec-program.ts',
      find: '      current = await this.restart(stopping);\n',
      replace: '      current = undefined;\n',
      foundBy: { simulatorFrom: FROM },
    },
    {
      name: 'declines what a driver’s program that has just ended could serve',
      file: 'src/adapters/exec-driver/exec-provider.ts',
      find: '    return this.labels.get(labelKey(pool, label))?.readiness ?? { ready: true };\n',
      replace:
        "    if (!this.program.hello) return { ready: false, problem: 'it is down' };\n" +
        '    return this.labels.get(labelKey(pool, label))?.readiness ?? { ready: true };\n',
      foundBy: { simulatorFrom: FROM },
    },
    {
      name: 'lets calls wait for a driver’s program that was stopped for good',
      file: 'src/adapters/exec-driver/exec-program.ts',
      find: "      if (this.stopped) throw new ProviderError('transient', 'the program was stopped');\n",
      replace: '',
      foundBy: { simulatorFrom: 6_000_089 },
    },
  ],
};
