import { expect, it } from 'vitest';
import { changesOf, eventsOf } from '../../support/transaction-log.js';

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
    line(`multi delete:${size(4)}/c/a;error:\ufffd\ufffd\ufffd\ufffd;error:\ufffd\ufffd\ufffd\ufffd`),
    line('multi error:\ufffd\ufffd\ufffd\ufffd'),
    line("delete '/c/a"),
    line("closeSession v{'/c/b,'/c/d}"),
    'EOF reached after 8 txns.',
  ];
  const by = { session: '0x100010db7fd0000', transaction: '0x3' };
  const changes = [
    { kind: 'create', path: '/a', record: { a: 'b;c,d' }, ...by },
    { kind: 'write', path: '/a', record: { x: [1, 2] }, ...by },
    { kind: 'create', path: '/a/locks', record: null, ...by },
    { kind: 'remove', path: '/a/x', record: null, ...by },
    { kind: 'write', path: '/a', record: { x: 'create v{;} ,1' }, ...by },
    { kind: 'remove', path: '/a/locks', record: null, ...by },
    { kind: 'remove', path: '/a', record: null, ...by },
  ];
  expect(changesOf(log.join('\n'), '/c')).toEqual(changes);
  expect(eventsOf(log.join('\n'), '/c')).toEqual([...changes, { kind: 'session-end', ...by }]);
});
