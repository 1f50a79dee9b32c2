import { appendFile, mkdir, writeFile } from 'node:fs/promises';

/** Where the fake builder writes: a real directory, or a disk in memory. */
export interface FileSink {
  write(path: string, text: string): Promise<void>;
  append(path: string, text: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
}

/** Writes real files. */
export class DirectorySink implements FileSink {
  async write(path: string, text: string): Promise<void> {
    await writeFile(path, text);
  }

  async append(path: string, text: string): Promise<void> {
    await appendFile(path, text);
  }

  async makeDirectory(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
  }
}
