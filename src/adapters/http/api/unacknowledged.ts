import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** Bytes that the other ends of TCP connections have not acknowledged yet, by `connectionKey`. Never rejects. */
export type Unacknowledged = () => Promise<ReadonlyMap<string, number>>;

/** Null: no TCP, whose other end cannot vanish without the system noticing. */
export function connectionKey({
  localPort,
  remotePort,
}: Partial<Pick<Socket, 'localPort' | 'remotePort'>>): string | null {
  return localPort === undefined || remotePort === undefined ? null : `${localPort}-${remotePort}`;
}

/**
 * From Linux's tables of connections (proc(5), `/proc/net/tcp`): Node neither tells this, nor sets `TCP_USER_TIMEOUT`, and keepalive does not
 * look while anything is on its way. Without that a client that vanished is noticed after a quarter of an hour. Of other systems nothing is
 * known.
 */
export async function unacknowledgedOnLinux(): Promise<ReadonlyMap<string, number>> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'latin1').catch(() => '')),
  );
  return readConnections(tables.join(''));
}

const ESTABLISHED = '01';

/** Ports alone name a connection here; where two machines use the same one, nobody is taken for gone for the other. */
export function readConnections(table: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of table.split('\n')) {
    const [, local = '', remote = '', state, queues = ''] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED) continue;
    const key = [local, remote].map((end) => parseInt(end.split(':')[1] ?? '', 16)).join('-');
    const bytes = parseInt(queues, 16);
    found.set(key, Math.min(bytes, found.get(key) ?? Infinity));
  }
  return found;
}
