import type { Area } from '../source-mutation.js';

const DECISIONS = 'test/unit/decide/lease-decisions.test.ts';
const API = 'test/unit/http-api/lease-api.test.ts';

export const LEASES: Area = {
  title: 'Leases',
  mutations: [
    {
      name: 'lets a lease outlast its max_duration',
      file: 'src/domain/decide/lease-changes.ts',
      find: 'expiresAt: Math.max(lease.expiresAt, Math.min(wanted, end)),',
      replace: 'expiresAt: Math.max(lease.expiresAt, wanted),',
      foundBy: { test: DECISIONS },
    },
    {
      name: 'shortens a lease by a sign of life',
      file: 'src/domain/decide/lease-changes.ts',
      find: 'expiresAt: Math.max(lease.expiresAt, Math.min(wanted, end)),',
      replace: 'expiresAt: Math.min(wanted, end),',
      foundBy: { test: DECISIONS },
    },
    {
      name: 'lets a lease wait for ever',
      file: 'src/domain/decide/lease-end.ts',
      find: "if (lease.state === 'waiting') return due([[deadlines.wait, 'timed_out']], monotonic);",
      replace: "if (lease.state === 'waiting') return due([[Infinity, 'timed_out']], monotonic);",
      foundBy: { test: DECISIONS },
    },
    {
      name: 'ends all leases when the gateway restarts',
      file: 'src/domain/decide/lease-end.ts',
      find: 'const rest = Math.max((lease.expiresAt ?? 0) - now, LEASE_GRACE);',
      replace: 'const rest = 0 * LEASE_GRACE;',
      foundBy: { test: DECISIONS },
    },
    {
      name: 'counts a lease into a queue of pools that cannot serve it',
      file: 'src/domain/decide/lease-queue.ts',
      find: '  if (request.declinedBy.includes(pool.id)) return false;\n',
      replace: '',
      foundBy: { test: DECISIONS },
    },
    {
      name: 'lets a token use labels that are not its own',
      file: 'src/domain/decide/lease-wish.ts',
      find: 'return patterns === null || patterns.some((pattern) => matches(pattern, label));',
      replace: 'return patterns === null || patterns.length >= 0 || matches(patterns[0] ?? label, label);',
      foundBy: { test: DECISIONS },
    },
    {
      name: 'lets a token jump the queue',
      file: 'src/domain/decide/lease-wish.ts',
      find: 'if (wish.priority < least)',
      replace: 'if (wish.priority < 0 * least)',
      foundBy: { test: 'test/unit/http-api/lease-api.test.ts' },
    },
    {
      name: 'lets a holder have more leases than max-leases when many ask at once',
      file: 'src/apps/leases/holder-limits.ts',
      find: 'const turn = before.catch(() => undefined).then(() => this.locked(holder, most, make));',
      replace:
        'const turn = this.running(holder, most).then((all) => (all.length < most ? make() : this.locked(holder, most, make)));',
      foundBy: { test: 'test/contract/leases-memory.test.ts' },
    },
    {
      name: 'lets one holder end the lease of another',
      file: 'src/apps/leases/desk.ts',
      find: "      if (!caller.scopes.includes('admin')) assertHolder(lease.value, caller);\n",
      replace: '      void lease;\n',
      foundBy: { test: API },
    },
    {
      name: 'makes a second lease of a wish that is sent twice',
      file: 'src/apps/leases/desk.ts',
      find: '      if (before) return this.same(before, digest, caller);\n',
      replace: '      if (before) return { description: await this.descriptions.of(before), created: true };\n',
      foundBy: { test: API },
    },
    {
      name: 'deletes nodes of a lease whose gateway is just restarting',
      file: 'src/domain/decide/node-cleanup.ts',
      find: "  if (node.state === 'in-use' && input.lease && input.lease.left > 0) return leased(input.lease, input.now);\n",
      replace: '',
      foundBy: { test: 'test/contract/leases-memory.test.ts' },
    },
  ],
};
