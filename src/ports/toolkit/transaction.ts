import { NoRecordError } from '../coordination/errors.js';
import { checkPath } from './paths.js';
import type { OperationResult, TreeOperation, TreeStore } from '../coordination/tree-store.js';

/**
 * All changes or none where the store has transactions; else one by one, in order, each after the answer to the one before, until one
 * is refused: those before it stay made then. For changes that are right each by itself, and better together.
 * @throws as `transaction`; the path of the error names what was refused
 */
export async function together(
  store: TreeStore,
  operations: readonly TreeOperation[],
): Promise<readonly OperationResult[]> {
  if (store.transaction) return store.transaction(operations);
  const results: OperationResult[] = [];
  for (const operation of operations) results.push(await single(store, operation));
  return results;
}

async function single(store: TreeStore, operation: TreeOperation): Promise<OperationResult> {
  const { path } = operation;
  switch (operation.kind) {
    case 'create': {
      const { data, ephemeral = false, sequential = false } = operation;
      return { path: await store.create(path, data, { ephemeral, sequential }), stat: null };
    }
    case 'write':
      return { path, stat: await store.write(path, operation.data, operation.version) };
    case 'remove':
      if (!(await store.remove(path, operation.version))) throw new NoRecordError(`${path} does not exist`, path);
      return { path, stat: null };
  }
}

/**
 * For adapters: the operations as the tree has them behind a prefix (see `chrootPrefix`), with data that callers cannot change any more.
 * @throws StoreFailureError when a path is malformed
 */
export function operationsBehind(prefix: string, operations: readonly TreeOperation[]): readonly TreeOperation[] {
  return operations.map((operation) => {
    const sequential = operation.kind === 'create' && operation.sequential === true;
    checkPath(operation.path, sequential);
    const path = operation.path === '/' && !sequential ? prefix || '/' : prefix + operation.path;
    if (operation.kind === 'remove') return { ...operation, path };
    return { ...operation, path, data: Uint8Array.from(operation.data) };
  });
}
