import { ContainerModule } from 'inversify';
import { KazooLeases } from '../../adapters/leases/kazoo-leases.js';
import { TreeRecords } from '../../adapters/records/tree-records.js';
import { TOKENS } from './tokens.js';

/** Leases and records in the wire format, on whatever store is bound. */
export function recordsModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(KazooLeases).toDynamicValue(
      (context) =>
        new KazooLeases(context.get(TOKENS.store), {
          clock: context.get(TOKENS.clock),
          random: context.get(TOKENS.random),
        }),
    );
    bind(TOKENS.leases).toService(KazooLeases);
    bind(TOKENS.leaseStatus).toService(KazooLeases);
    bind(TOKENS.records).toDynamicValue(
      (context) =>
        new TreeRecords({
          store: context.get(TOKENS.store),
          leases: context.get(TOKENS.leases),
          clock: context.get(TOKENS.clock),
          random: context.get(TOKENS.random),
          host: context.get(TOKENS.host),
          logger: context.get(TOKENS.logger),
        }),
    );
  });
}
