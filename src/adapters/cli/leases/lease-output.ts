import { environmentText } from '../../../domain/lease-client/lease-environment.js';
import { LEASED_NODES, LEASES, namedNodes } from '../../../domain/lease-client/lease-listings.js';
import type { LeaseView } from '../../../domain/lease-client/lease-view.js';
import { listingTable } from '../../../domain/presentation/listing.js';
import { paintStates } from '../colours.js';
import type { LeaseContext } from './lease-context.js';
import type { LeaseFormat } from './lease-program.js';

/** Prints a lease as `--format` asks for it. Files that the text speaks of stay until the lease is given back here. */
export function printLease(context: LeaseContext, lease: LeaseView): void {
  // The parser lets nothing else through.
  context.stdout.write(leaseText(context, lease, (context.optional('--format') ?? 'table') as LeaseFormat));
}

function leaseText(context: LeaseContext, lease: LeaseView, format: LeaseFormat): string {
  switch (format) {
    case 'table':
      return tableText(context, lease);
    case 'json':
      return `${JSON.stringify(lease.whole, null, 2)}\n`;
    case 'env':
      return environmentText(context.desk.files(lease).environment);
    case 'ssh-config':
      return context.desk.files(lease).sshConfig;
    case 'ansible':
      return context.desk.files(lease).inventory;
  }
}

function tableText({ now, colours }: LeaseContext, lease: LeaseView): string {
  const about = listingTable(LEASES, [lease], now, [], colours ? paintStates : undefined);
  if (lease.nodes.length === 0) return `${about}\n`;
  return `${about}\n${listingTable(LEASED_NODES, namedNodes(lease), now)}\n`;
}
