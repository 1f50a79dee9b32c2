/**
 * Telling what is ours in a cloud account from what another installation with the same provider name keeps there (spec LAUNCHER
 * 7.25). What bears no id may be ours: Python daemons beside us, and our own earlier releases, set none.
 */
const INSTALLATION_PROPERTY = 'nodepool_installation_id';
const NODE_PROPERTY = 'nodepool_node_id';

/** What goes into the metadata of instances and images. */
export function installationMark(own: string | null): Readonly<Record<string, string>> {
  return own === null ? {} : { [INSTALLATION_PROPERTY]: own };
}

/** What an instance is found by again. Numbers of nodes repeat: in other installations, and in ours once its store was lost. */
export function instanceKey(installation: string, provider: string, nodeId: string): string {
  return `${installation}/${provider}/${nodeId}`;
}

/** Was the instance made for this node of this installation? Without a mark of our own nothing can be told from an earlier life's. */
export function isOfNode(found: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  const own = wanted[INSTALLATION_PROPERTY];
  const marks = Object.entries(wanted).filter(([key]) => key.startsWith('nodepool_'));
  return own !== undefined && marks.every(([key, value]) => found[key] === value);
}

/** Does an instance that was answered for this node bear the marks of another node, or of another installation? */
export function isOfAnother(
  found: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return [INSTALLATION_PROPERTY, NODE_PROPERTY].some((key) => found[key] !== undefined && found[key] !== wanted[key]);
}

/** Does the metadata say that it belongs to somebody else? While we do not know who we are, whatever bears an id does. */
export function isForeign(metadata: Readonly<Record<string, string>>, own: string | null): boolean {
  const id = metadata[INSTALLATION_PROPERTY];
  return id !== undefined && id !== own;
}
