import { readFileSync, readdirSync } from 'node:fs';

export interface GroupMember {
  readonly pid: number;
  readonly parent: number;
}

/** The living processes of a group, the leader included; none where there is no `/proc`. */
export function groupMembers(group: number): readonly GroupMember[] {
  return processIds().flatMap((pid) => {
    const facts = factsOf(pid);
    return facts?.group === group ? [{ pid, parent: facts.parent }] : [];
  });
}

function processIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** `pid (name) state parent group …`; the name may hold anything. */
function factsOf(pid: number): { readonly parent: number; readonly group: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [, parent, group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), group: Number(group) };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** The living processes that a process has started, and what those have started; none where there is no `/proc`. */
export function descendants(root: number): readonly number[] {
  const parents = new Map(processIds().map((pid) => [pid, factsOf(pid)?.parent]));
  const found = new Set([root]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (parent !== undefined && found.has(parent)) found.add(pid);
  }
  found.delete(root);
  return [...found];
}
