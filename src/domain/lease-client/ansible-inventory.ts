import type { LeasedNode } from './lease-view.js';
import { nodeAccess } from './node-access.js';
import { nodeAliases } from './node-aliases.js';
import { quoteWord } from './shell-quote.js';
import { pinned, type SshFilePaths } from './ssh-files.js';

type Variables = readonly (readonly [string, string | number])[];

/**
 * An inventory of Ansible in YAML: each node by its label, with what Ansible needs to connect, and in `nodepool` what is known about it. Texts are
 * marked as unsafe, so that Ansible does not look for templates in them. @throws UnusableNodeError
 */
export function ansibleInventory(nodes: readonly LeasedNode[], paths: SshFilePaths): string {
  if (nodes.length === 0) return 'all:\n  hosts: {}\n';
  const aliases = nodeAliases(nodes);
  const hosts = nodes.flatMap((node, index) => [
    `    ${yamlText(aliases[index] ?? '')}:`,
    ...entries(connection(node, paths), 6),
    '      nodepool:',
    ...entries(facts(node), 8),
  ]);
  return ['all:', '  hosts:', ...hosts, ''].join('\n');
}

function connection(node: LeasedNode, paths: SshFilePaths): Variables {
  const { host, port, user } = nodeAccess(node);
  const ssh = node.connectionType === 'ssh';
  return [
    ['ansible_connection', node.connectionType],
    ['ansible_host', host],
    ['ansible_port', port],
    ...given('ansible_user', user),
    ...(ssh ? ([['ansible_ssh_common_args', commonArguments(node, paths)]] as const) : []),
    ...(ssh ? given('ansible_ssh_private_key_file', paths.identity) : []),
    ...given('ansible_shell_type', node.shellType),
    ...given('ansible_python_interpreter', node.pythonPath),
  ];
}

/** The user's own configuration of ssh counts too (a bastion, say), but never before these. */
function commonArguments(node: LeasedNode, paths: SshFilePaths): string {
  return pinned(node, paths.knownHosts)
    .map(([name, value]) => `-o ${quoteWord(`${name}=${value}`)}`)
    .join(' ');
}

function facts(node: LeasedNode): Variables {
  return [
    ['id', node.id],
    ['label', node.label],
    ...given('hostname', node.hostname),
    ...given('interface_ip', node.interfaceIp),
    ...given('public_ipv4', node.publicIpv4),
    ...given('public_ipv6', node.publicIpv6),
    ...given('private_ipv4', node.privateIpv4),
    ...given('provider', node.provider),
    ...given('region', node.region),
    ...given('az', node.az),
  ];
}

function given(name: string, value: string | null): Variables {
  return value === null ? [] : [[name, value]];
}

function entries(variables: Variables, indent: number): readonly string[] {
  return variables.map(([name, value]) => {
    const text = typeof value === 'number' ? String(value) : `!unsafe ${yamlText(value)}`;
    return `${' '.repeat(indent)}${name}: ${text}`;
  });
}

/** Double-quoted YAML that any reader understands: nothing beyond ASCII, no line breaks, no halves of characters. */
function yamlText(text: string): string {
  const inner = text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll(/[^\x20-\x7e]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return `"${inner}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
