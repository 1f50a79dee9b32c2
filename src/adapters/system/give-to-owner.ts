import { chown, readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * What root has made in somebody's directory belongs to that somebody, or his daemon could not open it: its files, and what is in its
 * folders. Does nothing for others than root.
 */
export async function giveToOwner(directory: string): Promise<void> {
  const { uid, gid } = await stat(directory);
  if (process.getuid?.() !== 0 || uid === 0) return;
  for (const name of await readdir(directory)) {
    const file = path.join(directory, name);
    await chown(file, uid, gid);
    const inside = await readdir(file).catch(() => []);
    for (const each of inside) await chown(path.join(file, each), uid, gid);
  }
}
