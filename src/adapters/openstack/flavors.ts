import type { OpenStackLabelSettings } from '../../domain/config/openstack.js';
import type { OpenStackClient } from './client/openstack-client.js';
import { numberAt, textAt } from './read-json.js';

export interface Flavor {
  readonly id: string;
  readonly name: string;
  /** MiB. */
  readonly ram: number;
  readonly cores: number;
}

/** All that the project may use, public or not. */
export async function listFlavors(client: OpenStackClient, signal: AbortSignal): Promise<readonly Flavor[]> {
  const flavors: Flavor[] = [];
  const pages = client.pages(
    {
      service: 'compute',
      method: 'GET',
      path: '/flavors/detail',
      query: { is_public: 'None' },
      expected: [200, 203],
      idempotent: true,
    },
    'flavors',
    signal,
  );
  for await (const page of pages) {
    for (const json of page) {
      const [id, name] = [textAt(json, 'id'), textAt(json, 'name')];
      flavors.push({ id, name, ram: numberAt(json, 'ram') ?? 0, cores: numberAt(json, 'vcpus') ?? 0 });
    }
  }
  return flavors.sort(smallestFirst);
}

/** By memory, then name, so that the choice does not depend on the order of the cloud (spec BUILDER 6.3). */
function smallestFirst(a: Flavor, b: Flavor): number {
  return a.ram - b.ram || (a.name < b.name ? -1 : Number(a.name > b.name));
}

/**
 * The flavor of a label (spec BUILDER 6.3). With `min-ram`: the smallest that fits, whose name contains `flavor-name` if that is
 * given. Without: the one of this name or id; the smallest of all if neither is given.
 */
export function chooseFlavor(
  flavors: readonly Flavor[],
  { minRam, flavorName }: Pick<OpenStackLabelSettings, 'minRam' | 'flavorName'>,
): Flavor | { readonly problem: string } {
  const found =
    minRam > 0 || flavorName === null
      ? flavors.find(({ name, ram }) => ram >= minRam && name.includes(flavorName ?? ''))
      : flavors.find(({ name, id }) => name === flavorName || id === flavorName);
  if (found) return found;
  return { problem: `Unable to find flavor${minRam > 0 ? ` with min ram: ${minRam}` : `: ${flavorName}`}` };
}
