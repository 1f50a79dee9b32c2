import { lookup, lookupService } from 'node:dns/promises';
import os from 'node:os';
import type { HostIdentity } from '../../ports/runtime/host-identity.js';

/** This machine and process. */
export class SystemHostIdentity implements HostIdentity {
  readonly pid = process.pid;

  private constructor(readonly hostname: string) {}

  /**
   * Looks for the fully qualified name, for `timeout` seconds at most; without an answer it is the plain host name. Never rejects.
   */
  static async detect(timeout = 1): Promise<SystemHostIdentity> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(os.hostname()), timeout * 1000);
    });
    try {
      return new SystemHostIdentity(await Promise.race([qualifiedName(os.hostname()), late]));
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The name by which the resolver knows the host's own address, if that is a qualified one. */
async function qualifiedName(hostname: string): Promise<string> {
  if (hostname.includes('.')) return hostname;
  try {
    const { address } = await lookup(hostname);
    const { hostname: name } = await lookupService(address, 0);
    // An address without a name comes back as itself; `localhost.localdomain` names every machine.
    return name.includes('.') && name !== address && !name.startsWith('localhost') ? name : hostname;
  } catch {
    return hostname;
  }
}
