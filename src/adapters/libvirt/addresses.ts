import { isIP } from 'node:net';
import { isVirshError } from './provider-failure.js';
import { tableRows } from './tables.js';
import type { Virsh } from './virsh/virsh.js';

export interface Addresses {
  readonly ipv4: string | null;
  readonly ipv6: string | null;
}

/** In this order: what the network gave, what the machine says, what the host has seen. */
const SOURCES = ['lease', 'agent', 'arp'];
const AGENT_PATIENCE = 20;

/** The addresses of a machine, or null while it shows none. @param mac of its network card */
export async function addressesOf(
  virsh: Virsh,
  uuid: string,
  mac: string | null,
  signal: AbortSignal,
): Promise<Addresses | null> {
  for (const source of SOURCES) {
    const found = chooseAddresses(await ask(virsh, uuid, source, signal), mac);
    if (found.ipv4 ?? found.ipv6) return found;
  }
  return null;
}

/** Of a table of interfaces: those of the card, without what reaches nobody. */
export function chooseAddresses(table: string, mac: string | null): Addresses {
  let card = '';
  const all: string[] = [];
  for (const cells of tableRows(table)) {
    // Further addresses of an interface stand below its first one, with dashes before them.
    const [, address = '', , value = ''] = cells;
    if (address !== '-') card = address.toLowerCase();
    const [ip = ''] = value.split('/');
    if ((mac === null || card === mac.toLowerCase()) && isReachable(ip)) all.push(ip);
  }
  return {
    ipv4: all.find((ip) => isIP(ip) === 4) ?? null,
    ipv6: all.find((ip) => isIP(ip) === 6) ?? null,
  };
}

function isReachable(ip: string): boolean {
  if (isIP(ip) === 0) return false;
  return !/^(127\.|169\.254\.|0\.|fe80:|::1$)/i.test(ip);
}

async function ask(virsh: Virsh, uuid: string, source: string, signal: AbortSignal): Promise<string> {
  try {
    return await virsh.run(['domifaddr', '--domain', uuid, '--full', '--source', source], signal, AGENT_PATIENCE);
  } catch (error) {
    // A host that is away shows everywhere; a source that cannot be had is none.
    if (isVirshError(error, 'unanswered') && !/agent/i.test(error.message)) throw error;
    if (isVirshError(error, 'not-found', 'authentication')) throw error;
    return '';
  }
}
