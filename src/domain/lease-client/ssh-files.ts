import type { LeasedNode } from './lease-view.js';
import { nodeAccess } from './node-access.js';
import { nodeAliases } from './node-aliases.js';

/** `known_hosts`: the keys of each node under a name of its own, so that addresses used again are no question. */
export function knownHosts(nodes: readonly LeasedNode[]): string {
  const lines = nodes.flatMap((node) =>
    node.hostKeys.filter(isKey).map((key) => `${hostKeyAlias(node)} ${key.trim()}`),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** A name for the keys of a node. */
export function hostKeyAlias({ id }: LeasedNode): string {
  return `nodepool-${id.replaceAll(/[^A-Za-z0-9-]/g, '_')}`;
}

export function isKey(key: string): boolean {
  return /^\s*[a-z0-9@.-]+ [A-Za-z0-9+/]+=*\s*$/.test(key);
}

export interface SshFilePaths {
  /** Absolute. */
  readonly knownHosts: string;
  /** A private key to get in with, absolute; null: those that ssh finds by itself. */
  readonly identity: string | null;
}

/** `ssh_config` with one `Host` for each node that is reached by ssh. @throws UnusableNodeError */
export function sshConfig(nodes: readonly LeasedNode[], paths: SshFilePaths): string {
  const aliases = nodeAliases(nodes);
  const hosts = nodes.flatMap((node, index) =>
    node.connectionType === 'ssh' ? [hostBlock(node, aliases[index] ?? '', paths)] : [],
  );
  return hosts.join('\n');
}

function hostBlock(node: LeasedNode, alias: string, paths: SshFilePaths): string {
  const { host, port, user } = nodeAccess(node);
  const { identity } = paths;
  const lines = [
    `HostName ${host.replaceAll('%', '%%')}`,
    `Port ${port}`,
    ...(user === null ? [] : [`User ${quoted(user)}`]),
    ...pinned(node, paths.knownHosts).map(([name, value]) => `${name} ${value}`),
    ...(identity === null ? [] : [`IdentityFile ${quoted(escaped(identity))}`, 'IdentitiesOnly yes']),
    // A machine that is gone must not hold its user for ever.
    'ConnectTimeout 30',
    'ServerAliveInterval 15',
    'ServerAliveCountMax 8',
    'ForwardAgent no',
    'ControlPath none',
    'LogLevel ERROR',
  ];
  return [`Host ${alias}`, ...lines.map((line) => `    ${line}`), ''].join('\n');
}

/** Options of ssh that let in nobody but the machine that the launcher has seen. */
export function pinned(node: LeasedNode, knownHostsFile: string): readonly (readonly [string, string])[] {
  return [
    ['HostKeyAlias', hostKeyAlias(node)],
    ['UserKnownHostsFile', quoted(escaped(knownHostsFile))],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['StrictHostKeyChecking', 'yes'],
    ['CheckHostIP', 'no'],
    ['UpdateHostKeys', 'no'],
    ['VerifyHostKeyDNS', 'no'],
  ];
}

/** Paths come from the one who runs us; a quote in one cannot be written. */
function quoted(value: string): string {
  return /["\r\n]/.test(value) ? `"${value.replaceAll(/["\r\n]/g, '_')}"` : /[\s#']/.test(value) ? `"${value}"` : value;
}

function escaped(path: string): string {
  return path.replaceAll('%', '%%');
}
