import { expect, it } from 'vitest';
import { changesOf } from '../../support/transaction-log.js';

const line = (what: string): string => `11/30/26, 2:46:23 PM UTC session 0x100010db7fd0000 cxid 0x2 zxid 0x3 ${what}`;
const size = (bytes: number): string => `\0\0\0${String.fromCharCode(bytes)}`;
const acl = `${size(1)}\0\0\0\x1f\0\0\0\x05world\0\0\0\x06anyone`;

it('the changes of single requests and of transactions are read from the log of the server', () => {
  const log = [
    'ZooKeeper Transactional Log File with dbid 0 txnlog format version 2',
    line(`create /c/a,{"a": "b;c,d"},[31,s{'world,'anyone}\n],false,1`),
    line('create /other/a,{},[31,s{...'),
    line(`setData /c/a,{"x": [1,2]},7`),
    // A length of ten is the end of a line.
    line(
      `multi create:${size(10)}/c/a/locks${size(0)}${acl}\0\0\0\0\x01;delete:${size(6)}/c/a/x;setData:${size(4)}/c/a${size(23)}{"x": "create v{;} ,1"}\0\0\0\x01;delete:${size(10)}/c/a/locks`,
    ),
    line('multi error:\ufffd\ufffd\ufffd\ufffd'),
    line("delete '/c/a"),
    'EOF reached after 6 txns.',
  ];
  expect(changesOf(log.join('\n'), '/c')).toEqual([
    { kind: 'create', path: '/a', record: { a: 'b;c,d' } },
    { kind: 'write', path: '/a', record: { x: [1, 2] } },
    { kind: 'create', path: '/a/locks', record: null },
    { kind: 'remove', path: '/a/x', record: null },
    { kind: 'write', path: '/a', record: { x: 'create v{;} ,1' } },
    { kind: 'remove', path: '/a/locks', record: null },
    { kind: 'remove', path: '/a', record: null },
  ]);
});
