import { removeTree } from '../../src/adapters/records/remove-tree.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Records as broken or malicious clients leave them behind, all over the tree. Answers the topmost paths of what was made. */
export async function litter(store: TreeStore, round: number, count: number, now: number): Promise<readonly string[]> {
  const made: string[] = [];
  const put = async (path: string, text: string): Promise<void> => {
    await store.create(path, bytes(text), { makeParents: true });
    made.push(path);
  };
  for (let index = 0; index < count; index += 1) {
    const id = `${round}x${index}`;
    const number = String(round * 100_000 + index).padStart(10, '0');
    const nodeState = ['ready', 'used', 'in-use', 'building', 'hold', 'nonsense'][index % 6] ?? '';
    const requestState = ['pending', 'requested', 'fulfilled', 'nonsense'][index % 4] ?? '';
    await Promise.all([
      put(`/nodepool/nodes/garbage-${id}`, '{"broken'),
      put(
        `/nodepool/nodes/9${number.slice(1)}`,
        `{"state": "${nodeState}", "state_time": ${now}, "provider": "elsewhere"}`,
      ),
      put(`/nodepool/requests/garbage ${id}`, ''),
      put(
        `/nodepool/requests/900-9${number.slice(1)}`,
        `{"state": "${requestState}", "state_time": ${now}, "node_types": ["nobody's"]}`,
      ),
      put(`/nodepool/requests-lock/garbage-${id}`, ''),
      put(`/nodepool/images/garbage-${id}/builds/${number}/providers/p/images/${number}`, '[]'),
      put(`/nodepool/components/pool/garbage-${id}`, '{}'),
      put(`/nodepool/launchers/garbage-${id}`, 'x'),
    ]);
  }
  return made;
}

/** Takes it all away again, with what others have put below it meanwhile. */
export async function tidy(store: TreeStore, made: readonly string[]): Promise<void> {
  await Promise.all(
    made.map(async (path) => {
      const top = path.startsWith('/nodepool/images/') ? path.split('/').slice(0, 4).join('/') : path;
      await removeTree(store, top).catch(() => false);
      if (path.startsWith('/nodepool/requests/')) {
        await removeTree(store, path.replace('/requests/', '/requests-lock/')).catch(() => false);
      }
    }),
  );
}
