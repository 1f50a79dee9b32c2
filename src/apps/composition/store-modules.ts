import { ContainerModule } from 'inversify';
import { MemoryTree } from '../../adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../adapters/memory/memory-tree-store.js';
import type { DurableStore } from './durable-store.js';
import { TOKENS } from './tokens.js';

/** The store of this machine, opened already. */
export function durableStoreModule({ store, durable }: DurableStore): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.store).toConstantValue(store);
    bind(TOKENS.durableTree).toConstantValue(durable);
  });
}

/** A store in this process's memory, for running everything in one process. */
export function memoryStoreModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.store).toDynamicValue((context) => {
      const clock = context.get(TOKENS.clock);
      return new MemoryTreeStore(new MemoryTree(clock), { clock });
    });
  });
}
