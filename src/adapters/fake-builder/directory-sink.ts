import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import type { FileSink } from './file-sink.js';

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
