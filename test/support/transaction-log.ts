/** One change of the tree, as the server's transaction log has it. */
export interface LoggedChange {
  readonly kind: 'create' | 'write' | 'remove';
  /** Without the chroot. */
  readonly path: string;
  readonly record: Readonly<Record<string, unknown>> | null;
  /** Whose request it was. */
  readonly session: string;
  /** The number of the transaction; what came in one has the same. */
  readonly transaction: string;
}

/** An entry of the log: a change, or the end of a session, with which its ephemeral records go. */
export type LoggedEvent = LoggedChange | SessionEnd;

interface SessionEnd {
  readonly kind: 'session-end';
  readonly session: string;
  readonly transaction: string;
}

type Change = Pick<LoggedChange, 'kind' | 'path' | 'record'>;

/** Each begins with its time; what a transaction wrote may hold the end of a line. */
const ENTRIES = /\n(?=\d+\/\d+\/\d+, |EOF reached)/;
const ENTRY =
  /session (0x[0-9a-f]+) cxid 0x[0-9a-f]+ zxid (0x[0-9a-f]+) (create2?|setData|delete|multi|closeSession) ([^]*)$/;
/** Of a transaction: the request as it came, lengths and all, of which the tool makes characters. */
const PART = /(?:^|;)(?:(delete):[^]{4}([^\0;]+)|(create2?|setData):[^]{4}([^\0]+)[^]{4}([^\0]*))/g;

/** One that was refused is told, too, up to what could not be done. */
const REFUSED = /(?:^|;)error:\ufffd{4}(?=;|\s*$)/;

const KINDS: Readonly<Record<string, LoggedChange['kind']>> = {
  create: 'create',
  create2: 'create',
  setData: 'write',
  delete: 'remove',
};

/** The changes of records that are JSON, or nothing, below a chroot. Ephemeral records that vanish with a session are not told. */
export function changesOf(log: string, chroot: string): readonly LoggedChange[] {
  return eventsOf(log, chroot).filter((event) => event.kind !== 'session-end');
}

/** The changes below a chroot, and the ends of all sessions. */
export function eventsOf(log: string, chroot: string): readonly LoggedEvent[] {
  return log.split(ENTRIES).flatMap((entry): readonly LoggedEvent[] => {
    const [, session = '', transaction = '', kind = '', rest = ''] = ENTRY.exec(entry) ?? [];
    if (kind === 'closeSession') return [{ kind: 'session-end', session, transaction }];
    return (kind === 'multi' ? partsOf(rest) : single(kind, rest))
      .filter(({ path }) => path.startsWith(`${chroot}/`))
      .map((change) => ({ ...change, path: change.path.slice(chroot.length), session, transaction }));
  });
}

function single(kind: string, rest: string): readonly Change[] {
  const change = KINDS[kind];
  if (!change) return [];
  if (change === 'remove') return [{ kind: change, path: rest.trim().replace(/^'/, ''), record: null }];
  const comma = rest.indexOf(',');
  const data = rest.slice(comma + 1).replace(change === 'write' ? /,\d+\s*$/ : /,\[31,s\{[^]*$/, '');
  return [{ kind: change, path: rest.slice(0, comma), record: parse(data) }];
}

function partsOf(rest: string): readonly Change[] {
  if (REFUSED.test(rest)) return [];
  return [...rest.matchAll(PART)].flatMap(([, removal, removed = '', kind = '', path = '', data = '']) => {
    if (removal !== undefined) return [{ kind: 'remove', path: removed.trim(), record: null } as const];
    const change = KINDS[kind];
    return change ? [{ kind: change, path, record: parse(data) }] : [];
  });
}

function parse(data: string): LoggedChange['record'] {
  return data.startsWith('{') ? (JSON.parse(data) as LoggedChange['record']) : null;
}
