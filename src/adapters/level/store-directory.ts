import { access, constants, mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { StoreUnusableError } from '../../ports/coordination/store-engine.js';

/** Beginning of the first file that is looked at; the number counts versions of what is in the other files. */
const HEADER = /^nodepool-store (\d+)\n$/;
const VERSION = 1;

/** Names of everything that a store puts into its directory. Other files there are left alone. */
export const FORMAT_FILE = 'FORMAT';
export const TREE_FOLDER = 'tree';
export const LOCK_FOLDER = 'lock';

const REASONS: Readonly<Record<string, string>> = {
  EACCES:
    'belongs to somebody else: give it to the user that Nodepool runs as (chown -R), or run Nodepool as its owner',
  EPERM: 'belongs to somebody else: give it to the user that Nodepool runs as (chown -R), or run Nodepool as its owner',
  EROFS: 'is on a file system that is mounted read-only: mount it for writing, or set store.directory to another place',
  ENOSPC: 'is on a file system that is full: make room there, or set store.directory to another place',
  EDQUOT: 'is beyond the quota of its owner: make room there, or set store.directory to another place',
  ENOTDIR: 'is not a directory: set store.directory to a directory of its own',
  EEXIST: 'is not a directory: set store.directory to a directory of its own',
  EIO: 'is on a disk that has errors: see the log of the system',
  EMFILE: 'needs more open files than are allowed: raise the limit (ulimit -n)',
};

/** The failure of a file operation, in words that say what may be done. */
export function unusable(place: string, error: unknown): StoreUnusableError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''] ?? `cannot be used (${message})`;
  return new StoreUnusableError(place, reason, { cause: error });
}

/**
 * Sees that `directory` is a store of this version, or makes it one (mode 0700). @throws StoreUnusableError; nothing was changed then
 */
export async function prepareDirectory(directory: string): Promise<void> {
  let made: string | undefined;
  try {
    made = await makeDirectory(directory);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    if (await isStore(directory)) await seeThatItIsOurs(directory);
    else await writeHeader(directory);
  } catch (error) {
    if (made !== undefined) await removeEmpty(directory, made);
    throw error instanceof StoreUnusableError ? error : unusable(directory, error);
  }
}

/**
 * Is there a store? @throws StoreUnusableError when what is there is none, or one of another version
 */
export async function isStore(directory: string): Promise<boolean> {
  const header = await textOf(path.join(directory, FORMAT_FILE));
  if (header === null) {
    if ((await filesIn(path.join(directory, TREE_FOLDER))).length === 0) return false;
    throw new StoreUnusableError(
      directory,
      `holds data, but the file ${FORMAT_FILE}, which tells its version, is missing`,
    );
  }
  const version = HEADER.exec(header)?.[1];
  if (version === undefined)
    throw new StoreUnusableError(
      directory,
      `has a file ${FORMAT_FILE} without a valid header: something else wrote there; restore a backup (nodepool store restore), or set store.directory to another place`,
    );
  if (Number(version) !== VERSION)
    throw new StoreUnusableError(
      directory,
      `is of version ${version}, and this Nodepool reads version ${VERSION}: use the Nodepool that made it, or export and import`,
    );
  return true;
}

/** Names of the files in a folder; none if there is no such folder. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A change of names in a folder outlasts a loss of power only when the folder itself was synced. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Answers the topmost directory that had to be made. */
async function makeDirectory(directory: string): Promise<string | undefined> {
  const found = await stat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found) {
    if (!found.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
    return undefined;
  }
  const made = await mkdir(path.dirname(directory), { recursive: true });
  await mkdir(directory, { mode: 0o700 });
  return made ?? directory;
}

async function removeEmpty(directory: string, made: string): Promise<void> {
  for (let folder = directory; ; folder = path.dirname(folder)) {
    await rmdir(folder).catch(() => undefined);
    if (folder === made || folder === path.dirname(folder)) return;
  }
}

/** LevelDB would fail on a file of somebody else half-way, after it has changed others. */
async function seeThatItIsOurs(directory: string): Promise<void> {
  for (const folder of [LOCK_FOLDER, TREE_FOLDER]) {
    const inside = path.join(directory, folder);
    for (const name of await filesIn(inside))
      await access(path.join(inside, name), constants.R_OK | (name === 'LOCK' ? constants.W_OK : 0));
  }
}

async function writeHeader(directory: string): Promise<void> {
  const file = path.join(directory, FORMAT_FILE);
  const draft = `${file}.new`;
  try {
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(`nodepool-store ${VERSION}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    await syncFolder(directory);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
