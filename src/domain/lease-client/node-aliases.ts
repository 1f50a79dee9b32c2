/** The name of each node in files that need one: its label, and `label-2` for the second of a label. Never twice the same. */
export function nodeAliases(nodes: readonly { readonly label: string }[]): readonly string[] {
  const plain = nodes.map(({ label }) => plainName(label));
  const taken = new Set<string>();
  const seen = new Map<string, number>();
  // A label `debian-2` keeps its name, though the second `debian` would like it too.
  const reserved = new Set(plain);
  return plain.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    let number = count;
    const alias = (): string => (number === 1 ? name : `${name}-${number}`);
    while (taken.has(alias()) || (number > 1 && reserved.has(alias()))) number += 1;
    seen.set(name, number);
    taken.add(alias());
    return alias();
  });
}

/** Patterns, options, variables and words of their own are none of a host's name in ssh_config or an inventory. */
function plainName(label: string): string {
  const name = label.replaceAll(/[^A-Za-z0-9_.-]+/g, '_').replace(/^[-.]+/, '');
  return name === '' || RESERVED.has(name) ? `node_${name}` : name;
}

/** Hosts that mean something to Ansible. */
const RESERVED = new Set(['all', 'ungrouped', 'localhost']);
