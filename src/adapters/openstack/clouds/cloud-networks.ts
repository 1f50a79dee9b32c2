/** Flags of networks in an entry of `clouds.yaml` (spec BUILDER 6.1). */
import type { CloudNetwork } from './cloud-access.js';
import type { CloudEntryReader } from './cloud-entry-reader.js';
import { CloudEntryReader as Reader, isEntry, underscored } from './cloud-entry-reader.js';

export function readCloudNetworks(entry: CloudEntryReader): readonly CloudNetwork[] {
  const networks = [...entry.list('networks').flatMap((each, index) => readNetwork(entry, each, index)), ...old(entry)];
  onlyOne(entry, networks, 'nat_destination', ({ natDestination }) => natDestination);
  onlyOne(entry, networks, 'default_interface', ({ defaultInterface }) => defaultInterface);
  return networks;
}

function readNetwork(entry: CloudEntryReader, value: unknown, index: number): readonly CloudNetwork[] {
  if (!isEntry(value)) {
    entry.problem(`networks[${index}]`, 'expected a map with name and flags');
    return [];
  }
  const reader = new Reader(underscored(value), entry.problems, `networks[${index}].`);
  const name = reader.text('name');
  if (name === null) {
    reader.problem('name', 'required');
    return [];
  }
  const external = reader.boolean('routes_externally', false);
  return [
    {
      name,
      routesIpv4Externally: reader.boolean('routes_ipv4_externally', external),
      routesIpv6Externally: reader.boolean('routes_ipv6_externally', external),
      natSource: reader.boolean('nat_source', false),
      natDestination: reader.boolean('nat_destination', false),
      defaultInterface: reader.boolean('default_interface', false),
    },
  ];
}

/** Before there was a list, there were two keys. */
function old(entry: CloudEntryReader): readonly CloudNetwork[] {
  return (['external_network', 'internal_network'] as const).flatMap((key) => {
    const name = entry.text(key);
    if (name === null) return [];
    if (entry.list('networks').length > 0)
      entry.problem(key, 'cannot be used together with networks; add it to the list');
    const external = key === 'external_network';
    return [
      {
        name,
        routesIpv4Externally: external,
        routesIpv6Externally: external,
        natSource: false,
        natDestination: !external,
        defaultInterface: external,
      },
    ];
  });
}

function onlyOne(
  entry: CloudEntryReader,
  networks: readonly CloudNetwork[],
  flag: string,
  has: (network: CloudNetwork) => boolean,
): void {
  const [first, second] = networks.filter(has);
  if (first && second) {
    entry.problem(
      'networks',
      `${flag} can be true for one network only, not for both ${first.name} and ${second.name}`,
    );
  }
}
