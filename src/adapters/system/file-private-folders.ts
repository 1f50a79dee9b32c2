import { lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PrivateFolder, PrivateFolders } from '../../ports/lease-client/private-folders.js';

/** Folders below the one for temporary files, or for lasting ones below `XDG_RUNTIME_DIR`, which nobody else can look into anyway. */
export class FilePrivateFolders implements PrivateFolders {
  private readonly base: string;

  constructor(environment: Readonly<Record<string, string>>) {
    const runtime = environment['XDG_RUNTIME_DIR'] ?? '';
    this.base = path.isAbsolute(runtime) && isOurs(runtime) ? runtime : path.resolve(tmpdir());
  }

  temporary(): PrivateFolder {
    const folder = new FilePrivateFolder(mkdtempSync(path.join(path.resolve(tmpdir()), 'nodepool-run-')));
    const atExit = (): void => folder.remove();
    process.once('exit', atExit);
    return {
      path: folder.path,
      write: (name, text) => folder.write(name, text),
      remove: () => {
        process.off('exit', atExit);
        folder.remove();
      },
    };
  }

  lasting(name: string): PrivateFolder {
    const folder = path.join(this.base, name);
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!isOurs(folder)) throw new Error(`${folder} belongs to somebody else or can be read by others`);
    }
    return new FilePrivateFolder(folder);
  }

  forget(name: string): void {
    const folder = path.join(this.base, name);
    if (isOurs(folder)) new FilePrivateFolder(folder).remove();
  }
}

class FilePrivateFolder implements PrivateFolder {
  constructor(readonly path: string) {}

  write(name: string, text: string): string {
    const file = path.join(this.path, name);
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return file;
  }

  remove(): void {
    try {
      rmSync(this.path, { recursive: true, force: true });
    } catch {
      // What cannot be removed holds no secrets.
    }
  }
}

/** A folder, not a link to one, that we own and nobody else can enter. */
function isOurs(folder: string): boolean {
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
  } catch {
    return false;
  }
}
