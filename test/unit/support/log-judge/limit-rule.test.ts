import { expect, it } from 'vitest';
import { judge } from '../../../support/log-judge/judge.js';
import { LimitRule } from '../../../support/log-judge/limit-rule.js';
import { HandMadeLog } from './hand-made-log.js';

const path = (id: number): string => `/nodepool/nodes/${id}`;
const log = (tenants: readonly (string | null)[]): HandMadeLog =>
  tenants.reduce<HandMadeLog>(
    (all, tenant, id) => all.create('a', path(id), { state: 'init', tenant_name: tenant }),
    new HandMadeLog(),
  );

it('a sixth server is found, and a third of a tenant, by whatever change they come', () => {
  const rule = (): LimitRule => new LimitRule({ servers: 5, tenants: { acme: 2 } });
  const full = (): HandMadeLog => log(['acme', 'acme', null, 'other', 'other']);
  const within = rule();
  expect(judge(full().events, [within]).problems).toEqual([]);
  expect(within.most).toEqual({ nodes: 5, ofTenant: 2 });
  const again = full().remove('a', path(0)).create('a', path(5), { state: 'init', tenant_name: null });
  expect(judge(again.events, [rule()]).problems).toEqual([]);
  expect(judge(full().create('a', path(5), { state: 'init' }).events, [rule()]).problems).toEqual([
    '0x6: node 5 makes 6 of 5',
  ]);
  const third = full().write('a', path(2), { state: 'ready', tenant_name: 'acme' });
  expect(judge(third.events, [rule()]).problems).toEqual(['0x6: node 2 makes 3 of 2 of tenant acme']);
});
