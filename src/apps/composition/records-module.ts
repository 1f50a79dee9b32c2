import { ContainerModule } from 'inversify';
import { KazooLeases } from '../../adapters/leases/kazoo-leases.js';
import { TracedLeases } from '../../adapters/tracing/traced-leases.js';
import { TracedStore } from '../../adapters/tracing/traced-store.js';
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
    bind(TOKENS.leases).toDynamicValue((context) => {
      const logger = context.get(TOKENS.logger).child('leases');
      const leases = context.get(KazooLeases);
      return logger.debugs === true ? new TracedLeases(leases, context.get(TOKENS.clock), logger) : leases;
    });
    bind(TOKENS.leaseStatus).toService(KazooLeases);
    bind(TOKENS.records).toDynamicValue((context) => {
      const logger = context.get(TOKENS.logger);
      const store = context.get(TOKENS.store);
      const calls = logger.child('store');
      return new TreeRecords({
        store: calls.debugs === true ? new TracedStore(store, calls) : store,
        leases: context.get(TOKENS.leases),
        clock: context.get(TOKENS.clock),
        random: context.get(TOKENS.random),
        host: context.get(TOKENS.host),
        logger,
      });
    });
  });
}
