import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { ansibleInventory } from '../../../src/domain/lease-client/ansible-inventory.js';
import { environmentText, leaseEnvironment } from '../../../src/domain/lease-client/lease-environment.js';
import type { LeaseView } from '../../../src/domain/lease-client/lease-view.js';
import { nodeAliases } from '../../../src/domain/lease-client/node-aliases.js';
import { readLease } from '../../../src/domain/lease-client/read-lease.js';
import { remoteCommand } from '../../../src/domain/lease-client/shell-quote.js';
import { knownHosts, sshConfig } from '../../../src/domain/lease-client/ssh-files.js';

const HOSTILE = [
  'a\nb',
  'a"b',
  "a'b",
  '$(touch hit)',
  '`touch hit`',
  '; touch hit',
  '-oProxyCommand=touch hit',
  "{{ lookup('pipe', 'touch hit') }}",
  'a\\',
  '\u001b[31m\u0000',
  '😀\ud83d',
  '# !!python/object:x',
  '*',
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nodepool-words-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function lease(node: object, more: object = {}): LeaseView {
  const usual = {
    id: '0000000007',
    label: 'small',
    interface_ip: '192.0.2.7',
    connection_port: 22,
    username: 'debian',
    host_keys: ['ssh-ed25519 AAAA'],
  };
  const read = readLease({
    id: 'a'.repeat(36),
    state: 'active',
    labels: ['small'],
    ttl: 300,
    nodes: [{ ...usual, ...node }],
    ...more,
  });
  if (!read) throw new Error('that is no lease');
  return read;
}
const paths = (where = folder): { knownHosts: string; identity: string } => ({
  knownHosts: `${where}/known hosts`,
  identity: `${where}/100% key`,
});

describe('words for a shell', () => {
  test.each(HOSTILE.filter((word) => !word.includes('\0')))('%j stays what it is', (word) => {
    const text = environmentText({ A: word, B: 'end' });
    const shown = execFileSync('sh', ['-c', 'eval "$1"; printf "%s|%s" "$A" "$B"', 'sh', text], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(shown).toBe(`${Buffer.from(word).toString()}|end`);
    const remote = execFileSync('sh', ['-c', remoteCommand(['printf', '%s', word], null)], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(remote).toBe(Buffer.from(word).toString());
    expect(execFileSync('ls', [folder], { encoding: 'utf8' })).toBe('');
  });

  it('plain ones have no quotes, for readers that know none', () => {
    const files = { nodes: '/tmp/a/nodes.json', inventory: '/tmp/a/i.yaml', sshConfig: '/tmp/a/ssh_config' };
    expect(
      environmentText(
        leaseEnvironment(lease({ username: null, interface_ip: '2001:db8::1', connection_port: 2222 }), files),
      ),
    ).toBe(
      `NODEPOOL_LEASE=${'a'.repeat(36)}\nNODEPOOL_NODES=/tmp/a/nodes.json\nNODEPOOL_INVENTORY=/tmp/a/i.yaml\n` +
        'NODEPOOL_SSH_CONFIG=/tmp/a/ssh_config\nNODEPOOL_HOST=2001:db8::1\nNODEPOOL_PORT=2222\nNODEPOOL_USER=\n',
    );
  });

  test.each([
    ['powershell', ["it's", '$x'], "& 'it''s' '$x'"],
    ['cmd', ['dir', 'C:\\a b', 'say "x"'], 'dir "C:\\a b" "say ""x"""'],
  ])('a machine with %s gets its own quotes', (shell, words, command) => {
    expect(remoteCommand(words, shell)).toBe(command);
  });
});

describe('names of machines', () => {
  test.each([
    [
      ['a', 'a', 'b', 'a'],
      ['a', 'a-2', 'b', 'a-3'],
    ],
    [
      ['a', 'a', 'a-2'],
      ['a', 'a-3', 'a-2'],
    ],
    [
      ['*', '?', '-x', 'a b', '', 'all'],
      ['_', '_-2', 'x', 'a_b', 'node_', 'node_all'],
    ],
  ])('%j are called %j', (labels, names) => {
    expect(nodeAliases(labels.map((label) => ({ label })))).toEqual(names);
  });
});

describe('ssh_config', () => {
  /** What ssh itself makes of it. */
  const understood = (text: string, host: string): Readonly<Record<string, string>> => {
    writeFileSync(path.join(folder, 'config'), text);
    const lines = execFileSync('ssh', ['-G', '-F', path.join(folder, 'config'), host], { encoding: 'utf8' })
      .trim()
      .split('\n');
    return Object.fromEntries(lines.map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]));
  };

  it('says to ssh what it is meant to say, IPv6 and blanks in paths included', () => {
    const { nodes } = lease({ interface_ip: 'fe80::1%eth0', connection_port: 2222, username: 'DOM\\user' });
    expect(understood(sshConfig(nodes, paths()), 'small')).toMatchObject({
      hostname: 'fe80::1%eth0',
      port: '2222',
      user: 'DOM\\user',
      hostkeyalias: 'nodepool-0000000007',
      stricthostkeychecking: 'true',
      userknownhostsfile: `${folder}/known hosts`,
      globalknownhostsfile: '/dev/null',
      identityfile: `${folder}/100%% key`,
      identitiesonly: 'yes',
    });
  });

  test.each(HOSTILE)('an address or a user %j is refused, wherever it is used', (word) => {
    for (const node of [{ interface_ip: word }, { username: word }]) {
      const { nodes } = lease(node);
      expect(() => sshConfig(nodes, paths())).toThrow(
        /^node 0000000007 \(small\) has (an address|a username) that is none/,
      );
      expect(() => ansibleInventory(nodes, paths())).toThrow(/that is none/);
    }
  });

  test.each(HOSTILE)('a label %j names one host and nothing else', (word) => {
    const text = sshConfig(lease({ label: word }).nodes, paths());
    expect(text.split('\n').filter((line) => !line.startsWith('    '))).toEqual([
      expect.stringMatching(/^Host [A-Za-z0-9_][A-Za-z0-9_.-]*$/),
      '',
    ]);
  });

  it('keys that are none get into no known_hosts', () => {
    const host_keys = [
      'ssh-ed25519 AAAA',
      '* ssh-rsa AAAA',
      'ssh-rsa AAAA\n* ssh-rsa BBBB',
      '@cert-authority * ssh-rsa AAAA',
      '',
    ];
    expect(knownHosts(lease({ host_keys, id: '7\n8' }).nodes)).toBe('nodepool-7_8 ssh-ed25519 AAAA\n');
  });
});

describe('an inventory', () => {
  const understood = (text: string): Record<string, Record<string, unknown>> => {
    writeFileSync(path.join(folder, 'inventory.yaml'), text);
    const { status, stdout, stderr } = spawnSync(
      'ansible-inventory',
      ['-i', path.join(folder, 'inventory.yaml'), '--list'],
      {
        encoding: 'utf8',
        env: { ...process.env, ANSIBLE_LOCALHOST_WARNING: 'false' },
      },
    );
    expect(status, stderr).toBe(0);
    const { _meta } = JSON.parse(stdout) as { _meta: { hostvars: Record<string, Record<string, unknown>> } };
    return _meta.hostvars;
  };
  const plain = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && '__ansible_unsafe' in value ? value.__ansible_unsafe : value;

  it('says to Ansible how to connect: ssh with pinned keys, winrm with its port, and what is known', () => {
    const nodes = [
      ...lease({ python_path: '/usr/bin/python3', provider: 'one' }).nodes,
      ...lease({ label: 'win', connection_type: 'winrm', connection_port: null, shell_type: 'powershell' }).nodes,
    ];
    const hosts = understood(ansibleInventory(nodes, paths()));
    const small = Object.fromEntries(Object.entries(hosts['small'] ?? {}).map(([key, value]) => [key, plain(value)]));
    expect(small).toMatchObject({
      ansible_connection: 'ssh',
      ansible_host: '192.0.2.7',
      ansible_port: 22,
      ansible_user: 'debian',
      ansible_python_interpreter: '/usr/bin/python3',
      ansible_ssh_private_key_file: paths().identity,
    });
    expect(small['ansible_ssh_common_args']).toMatch(
      /-o HostKeyAlias=nodepool-0000000007 -o 'UserKnownHostsFile="[^"]* hosts"' .*StrictHostKeyChecking=yes/,
    );
    const win = hosts['win'] ?? {};
    expect([win['ansible_connection'], win['ansible_port'], win['ansible_shell_type']].map(plain)).toEqual([
      'winrm',
      5986,
      'powershell',
    ]);
    expect(win).not.toHaveProperty('ansible_ssh_common_args');
  });

  it('holds hostile words as words, never as templates or YAML', () => {
    const nodes = HOSTILE.flatMap((word) => lease({ label: word, hostname: word, provider: word, az: word }).nodes);
    const hosts = understood(ansibleInventory(nodes, paths()));
    const labels = Object.values(hosts).map(({ nodepool }) => plain((nodepool as Record<string, unknown>)['label']));
    expect(labels.sort()).toEqual(HOSTILE.map((word) => word.replaceAll(/\p{Cs}/gu, '\ufffd')).sort());
    for (const { nodepool } of Object.values(hosts)) {
      expect((nodepool as Record<string, object>)['label']).toHaveProperty('__ansible_unsafe');
    }
  });
});
