import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorLines, virshError } from '../../../src/adapters/libvirt/virsh/virsh-error.js';
import { commandLine, fitsOnLine } from '../../../src/adapters/libvirt/virsh/virsh-words.js';
import { bytesOf, tableRows } from '../../../src/adapters/libvirt/tables.js';
import { chooseAddresses } from '../../../src/adapters/libvirt/addresses.js';

const RECORDED = JSON.parse(
  readFileSync(new URL('../../fixtures/libvirt/messages-9.0.json', import.meta.url), 'utf8'),
) as readonly (readonly [string, string])[];

describe('virsh', () => {
  it.each(RECORDED)('[V8] an error is known by its words: %s', (kind, text) => {
    expect(virshError(text)).toMatchObject({ kind });
  });

  it('[V9] losing and finding the connection is no failure', () => {
    expect(
      errorLines([
        'error: Disconnected from qemu:///system due to end of file',
        'error: Reconnected to the hypervisor',
      ]),
    ).toEqual([]);
  });

  it('quotes words so that nothing in them has a meaning', () => {
    expect(commandLine(['vol-list', "it's; quit", '--x "$(y)"'])).toBe(
      String.raw`'vol-list' 'it'\''s; quit' '--x "$(y)"'`,
    );
  });

  it.each(['two\nlines', 'a\ttab', 'ü', '\u001b[A'])('does not tell its line editor %j', (word) => {
    expect(fitsOnLine(['x', word])).toBe(false);
  });

  it('reads tables whose cells have blanks', () => {
    expect(tableRows(' my disk.qcow2   /pool/my disk.qcow2   file   3.00 GiB   196.00 KiB\n\n')).toEqual([
      ['my disk.qcow2', '/pool/my disk.qcow2', 'file', '3.00 GiB', '196.00 KiB'],
    ]);
    expect(bytesOf('196.00 KiB')).toBe(200_704);
  });
});

describe('[V5] addresses of a machine', () => {
  const agent = `
 lo         00:00:00:00:00:00    ipv4         127.0.0.1/8
 eth0       52:54:00:aa:bb:cc    ipv6         fe80::1/64
 eth0       52:54:00:aa:bb:cc    ipv4         192.0.2.7/24
 eth0       52:54:00:aa:bb:cc    ipv6         2001:db8::7/64
 docker0    02:42:00:00:00:01    ipv4         172.17.0.1/16
`;

  it('are those of its own card that others reach', () => {
    expect(chooseAddresses(agent, '52:54:00:aa:bb:cc')).toEqual({ ipv4: '192.0.2.7', ipv6: '2001:db8::7' });
  });

  it('are none while it has none', () => {
    expect(chooseAddresses('', '52:54:00:aa:bb:cc')).toEqual({ ipv4: null, ipv6: null });
    expect(chooseAddresses(' eth0   52:54:00:aa:bb:cc   ipv4   169.254.3.4/16', null)).toEqual({
      ipv4: null,
      ipv6: null,
    });
  });
});
