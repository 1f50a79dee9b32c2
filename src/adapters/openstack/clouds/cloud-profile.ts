import { underscored, type CloudEntry } from './cloud-entry-reader.js';
import { mapAt, mergeDeep, textAt } from './entry-values.js';
import { CLOSED_VENDORS, VENDOR_PROFILES } from './vendor-profiles.js';

interface ProfileLookup {
  readonly profile: CloudEntry;
  /** Null = nothing is wrong. */
  readonly problem: string | null;
}

/** What is known of the vendor that an entry names: from the files, else what we know ourselves. */
export function profileOf(cloud: CloudEntry, publicClouds: CloudEntry): ProfileLookup {
  const name = textAt(cloud, 'profile') ?? textAt(cloud, 'cloud');
  if (name === null) return { profile: {}, problem: null };
  const published = mapAt(publicClouds, 'public-clouds') ?? {};
  const found = mapAt(published, name) ?? mapAt(VENDOR_PROFILES, name);
  if (found) {
    // A profile may start from another one.
    const below = textAt(found, 'profile');
    const base = below === null ? {} : (mapAt(published, below) ?? mapAt(VENDOR_PROFILES, below) ?? {});
    return { profile: mergeDeep(underscored(base), underscored(found)), problem: null };
  }
  return { profile: {}, problem: unknownProfile(name, cloud) };
}

/** As long as the entry says itself where the cloud is, a profile that nobody knows does no harm. */
function unknownProfile(name: string, cloud: CloudEntry): string | null {
  if (CLOSED_VENDORS.includes(name)) return `profile: the cloud ${name} does not exist any more`;
  const auth = mapAt(cloud, 'auth') ?? {};
  if (textAt(auth, 'auth_url') ?? textAt(auth, 'auth-url') ?? textAt(cloud, 'auth_url')) return null;
  if (/^https?:\/\//.test(name)) {
    return 'profile: profiles are not fetched from the net; write auth.auth_url and what else is needed into the entry';
  }
  return `profile: ${name} is not known; known are ${Object.keys(VENDOR_PROFILES).join(', ')}`;
}
