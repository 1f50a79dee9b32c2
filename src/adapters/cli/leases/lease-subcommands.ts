import { LEASES } from '../../../domain/lease-client/lease-listings.js';
import type { LeaseView } from '../../../domain/lease-client/lease-view.js';
import type { LeaseVerdict } from '../../../ports/lease-client/lease-service.js';
import { formatOf, printList } from '../list-output.js';
import type { LeaseContext, LeaseSubcommand } from './lease-context.js';
import { printLease } from './lease-output.js';
import { readWish } from './read-wish.js';

export const takeLease: LeaseSubcommand = async (context) => {
  const { desk, news, patience, given } = context;
  const lease = await desk.take({ wish: readWish(context), patience, detach: given('--detach') }, news);
  printLease(context, lease);
  return 0;
};

export const listLeases: LeaseSubcommand = async (context) => {
  const { service } = context.desk;
  const leases = context.given('--all')
    ? await service.list({})
    : newestFirst((await Promise.all([service.list({ state: 'waiting' }), service.list({ state: 'active' })])).flat());
  // Columns that are named are wanted, whole leases are not.
  if (formatOf(context) !== 'json' || context.optional('--columns') !== undefined) printList(context, LEASES, leases);
  else context.print(JSON.stringify(leases.map(({ whole }) => whole)));
  return 0;
};

export const showLease: LeaseSubcommand = async (context) => {
  // A look at a lease should not keep it, but whoever holds the token cannot look otherwise.
  printLease(context, await context.desk.service.get(idOf(context)));
  return 0;
};

export const renewLease: LeaseSubcommand = async (context) => {
  const ttl = context.optional('--ttl');
  printLease(context, await context.desk.service.renew(idOf(context), ttl === undefined ? undefined : Number(ttl)));
  return 0;
};

export const extendLease: LeaseSubcommand = async (context) => {
  const change = { maxDuration: Number(context.optional('--max-duration')) };
  printLease(context, await context.desk.service.change(idOf(context), change));
  return 0;
};

export const releaseLeases: LeaseSubcommand = async (context) => {
  const { desk } = context;
  for (const id of context.all('id')) {
    await desk.service.release(id, verdictOf(context));
    desk.forget(id);
  }
  return 0;
};

function verdictOf({ given, optional }: LeaseContext): LeaseVerdict {
  const outcome = given('--broken') ? 'broken' : given('--failed') ? 'failed' : undefined;
  return { outcome, note: optional('--note') };
}

function idOf({ optional }: LeaseContext): string {
  return optional('id') ?? '';
}

/** The lists come one by one; a lease that got its machines between them stands in both. */
function newestFirst(leases: readonly LeaseView[]): readonly LeaseView[] {
  const each = new Map(leases.map((lease) => [lease.id, lease]));
  return [...each.values()].sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
}
