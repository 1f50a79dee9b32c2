import { BlockList, isIPv4 } from 'node:net';
import type { CloudAccess } from './clouds/cloud-access.js';
import type { Network } from './networks.js';
import { findNetwork } from './networks.js';
import type { Server, ServerAddress } from './server.js';

export interface AddressRules extends Pick<CloudAccess, 'private' | 'forceIpv4'> {
  readonly networks: readonly Network[];
  /** Whether this machine can reach IPv6 addresses. */
  readonly localIpv6: boolean;
}

export interface ServerAddresses {
  /** Where clients connect to; null = there is no such address. */
  readonly interfaceIp: string | null;
  readonly publicIpv4: string | null;
  readonly privateIpv4: string | null;
  readonly publicIpv6: string | null;
}

/** Which of a server's addresses is which (spec BUILDER 6.5). */
export function addressesOf(server: Server, rules: AddressRules): ServerAddresses {
  const publicIpv4 = publicIpv4Of(server, rules);
  const privateIpv4 = privateIpv4Of(server, rules);
  const publicIpv6 = publicIpv6Of(server, rules);
  const interfaceIp =
    defaultOf(server, rules) ??
    (rules.private ? privateIpv4 : null) ??
    (usesIpv6(rules) ? publicIpv6 : null) ??
    publicIpv4;
  return { interfaceIp, publicIpv4, privateIpv4: privateIpv4 ?? publicIpv4, publicIpv6 };
}

/** Fixed IPv4 addresses that can be reached only from inside, so that a floating one is of use. */
export function privateIpv4Of(server: Server, rules: AddressRules): string | null {
  const ipv4 = server.addresses.filter(({ version }) => version === 4);
  const floating = ipv4.find((entry) => entry.floating);
  const fixed = ipv4.filter((entry) => !entry.floating && (!floating?.mac || entry.mac === floating.mac));
  const inside = (entry: ServerAddress): boolean => networkOf(entry, rules)?.externalIpv4 === false;
  // Without neutron there is only the name to go by.
  return first(fixed, inside) ?? first(fixed, ({ network }) => network === 'private');
}

export function publicIpv4Of(server: Server, rules: AddressRules): string | null {
  if (server.accessIpv4 !== '') return server.accessIpv4;
  const ipv4 = server.addresses.filter(({ version }) => version === 4);
  return (
    first(ipv4, (entry) => networkOf(entry, rules)?.externalIpv4 === true) ??
    first(ipv4, (entry) => entry.floating) ??
    first(ipv4, ({ network }) => network === 'public') ??
    first(ipv4, ({ address }) => isGlobal(address))
  );
}

function publicIpv6Of(server: Server, rules: AddressRules): string | null {
  if (server.accessIpv6 !== '') return server.accessIpv6;
  const ipv6 = server.addresses.filter(({ version }) => version === 6);
  return (
    first(ipv6, (entry) => networkOf(entry, rules)?.externalIpv6 === true) ??
    first(ipv6, ({ address }) => !/^(fe[89ab]|f[cd])/i.test(address))
  );
}

function defaultOf(server: Server, rules: AddressRules): string | null {
  const here = server.addresses.filter((entry) => networkOf(entry, rules)?.defaultInterface === true);
  const floatingFirst = [...here].sort((a, b) => Number(b.floating) - Number(a.floating));
  const ipv6 = usesIpv6(rules) ? first(floatingFirst, ({ version }) => version === 6) : null;
  return ipv6 ?? first(floatingFirst, ({ version }) => version === 4);
}

function usesIpv6({ localIpv6, forceIpv4 }: AddressRules): boolean {
  return localIpv6 && !forceIpv4;
}

function networkOf({ network }: ServerAddress, { networks }: AddressRules): Network | undefined {
  return findNetwork(networks, network);
}

function first(entries: readonly ServerAddress[], fits: (entry: ServerAddress) => boolean): string | null {
  return entries.find(fits)?.address ?? null;
}

/** Ranges that the internet does not route (RFC 6890). */
const LOCAL_RANGES = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;
const LOCAL = new BlockList();
for (const [address, prefix] of LOCAL_RANGES) LOCAL.addSubnet(address, prefix, 'ipv4');

function isGlobal(address: string): boolean {
  return isIPv4(address) && !LOCAL.check(address, 'ipv4');
}
