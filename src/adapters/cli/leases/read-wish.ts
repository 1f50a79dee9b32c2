import { existsSync, readFileSync } from 'node:fs';
import { LeaseFailure } from '../../../ports/lease-client/lease-desk.js';
import type { LeaseWish } from '../../../ports/lease-client/lease-service.js';
import type { LeaseContext } from './lease-context.js';

/** What the options of `lease` and `run` ask for. @throws LeaseFailure about a key file */
export function readWish(context: LeaseContext): LeaseWish {
  const { optional, all } = context;
  const number = (flag: string): number | undefined => {
    const value = optional(flag);
    return value === undefined ? undefined : Number(value);
  };
  const keys = all('--ssh-key').map(readPublicKey);
  return {
    labels: all('label'),
    ttl: number('--ttl'),
    maxDuration: number('--max-duration'),
    wait: number('--wait'),
    purpose: optional('--purpose'),
    priority: number('--priority'),
    provider: optional('--provider'),
    sshKeys: keys.length === 0 ? undefined : keys,
  };
}

/** A private key never leaves this machine: its public half is taken if it stands beside it. */
function readPublicKey(file: string): string {
  const text = read(file);
  if (text.includes('PRIVATE KEY')) {
    if (existsSync(`${file}.pub`)) return readPublicKey(`${file}.pub`);
    throw new LeaseFailure('usage', `--ssh-key: ${file} is a private key; name the public one (${file}.pub)`);
  }
  const line = text.trim();
  if (!/^[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( [^\r\n]*)?$/.test(line)) {
    throw new LeaseFailure('usage', `--ssh-key: ${file} is no public key of OpenSSH (one line: type, key, comment)`);
  }
  return line;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LeaseFailure('usage', `--ssh-key: ${file} cannot be read (${code ?? 'unknown reason'})`);
  }
}
