/** One change of the tree, as the server's transaction log has it. */
export interface LoggedChange {
  readonly kind: 'create' | 'write' | 'remove';
  /** Without the chroot. */
  readonly path: string;
  readonly record: Readonly<Record<string, unknown>> | null;
}

const ENTRY = /zxid 0x[0-9a-f]+ (create2?|setData|delete) (.*)$/;

/** The changes of records that are JSON, or nothing, below a chroot. Ephemeral records that vanish with a session are not told. */
export function changesOf(log: string, chroot: string): readonly LoggedChange[] {
  return log.split('\n').flatMap((line): readonly LoggedChange[] => {
    const [, kind, rest] = ENTRY.exec(line) ?? [];
    if (kind === undefined || rest === undefined) return [];
    if (kind === 'delete') {
      const path = rest.replace(/^'/, '');
      return path.startsWith(`${chroot}/`) ? [{ kind: 'remove', path: path.slice(chroot.length), record: null }] : [];
    }
    const comma = rest.indexOf(',');
    const path = rest.slice(0, comma);
    if (!path.startsWith(`${chroot}/`)) return [];
    const data = rest.slice(comma + 1).replace(kind === 'setData' ? /,\d+$/ : /,\[31,s\{.*$/, '');
    return [{ kind: kind === 'setData' ? 'write' : 'create', path: path.slice(chroot.length), record: parse(data) }];
  });
}

function parse(data: string): LoggedChange['record'] {
  return data.startsWith('{') ? (JSON.parse(data) as LoggedChange['record']) : null;
}
