import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The files a configuration is read from. */
export interface ConfigFiles {
  /** Rejects with an error whose `code` is the system's, e.g. `ENOENT`. */
  read(path: string): Promise<string>;
  /** Changes whenever the file does: nanosecond time, size, identity, permissions. Null if it cannot be looked at. */
  stamp(path: string): Promise<string | null>;
  /** A change of the file counts from now on, although its contents are none of our business. */
  watch?(path: string): Promise<void>;
}

export class SystemConfigFiles implements ConfigFiles {
  read(path: string): Promise<string> {
    return readFile(path, 'utf8');
  }

  async stamp(path: string): Promise<string | null> {
    try {
      const { mtimeNs, size, ino, mode, uid, gid } = await stat(path, { bigint: true });
      return [mtimeNs, size, ino, mode, uid, gid].join(':');
    } catch {
      return null;
    }
  }
}

/** Remembers the stamp of every file that was asked for, as it was just before it was read. */
export class RecordingFiles implements ConfigFiles {
  readonly stamps = new Map<string, string | null>();

  constructor(private readonly files: ConfigFiles) {}

  async read(path: string): Promise<string> {
    this.stamps.set(path, await this.files.stamp(path));
    return this.files.read(path);
  }

  stamp(path: string): Promise<string | null> {
    return this.files.stamp(path);
  }

  async watch(path: string): Promise<void> {
    if (!this.stamps.has(path)) this.stamps.set(path, await this.files.stamp(path));
  }

  /**
   * Whether any of the files has changed, come or gone since. Asked every second, mostly about files that may be and are not: a folder
   * that is not there is asked for once, and all at the same time, so that the process wakes up but a few times.
   */
  async changed(): Promise<boolean> {
    const folders = new Map<string, Promise<string | null>>();
    const isThere = async (folder: string): Promise<boolean> => {
      const asked = folders.get(folder) ?? this.files.stamp(folder);
      folders.set(folder, asked);
      return (await asked) !== null;
    };
    const changes = [...this.stamps].map(async ([path, before]) => {
      if (before === null && !(await isThere(dirname(path)))) return false;
      return (await this.files.stamp(path)) !== before;
    });
    return (await Promise.all(changes)).includes(true);
  }
}

export function errorCode(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
