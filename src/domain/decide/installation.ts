/**
 * Telling what is ours in a cloud account from what another installation with the same provider name keeps there (spec LAUNCHER
 * 7.25). What bears no id may be ours: Python daemons beside us, and our own earlier releases, set none.
 */
const INSTALLATION_PROPERTY = 'nodepool_installation_id';

/** What goes into the metadata of instances and images. */
export function installationMark(own: string | null): Readonly<Record<string, string>> {
  return own === null ? {} : { [INSTALLATION_PROPERTY]: own };
}

/** Does the metadata say that it belongs to somebody else? While we do not know who we are, whatever bears an id does. */
export function isForeign(metadata: Readonly<Record<string, string>>, own: string | null): boolean {
  const id = metadata[INSTALLATION_PROPERTY];
  return id !== undefined && id !== own;
}
