import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../daemon-build.js';

const PROGRAM = path.join(ROOT, 'test/fixtures/exec-drivers/folder-cloud.mjs');

/** A cloud whose machines and images are files, reached by a program of the driver `exec`. */
export class FolderCloud {
  constructor(private readonly folder: string) {}

  /** For `command` of the provider. */
  get command(): readonly string[] {
    return [process.execPath, PROGRAM, this.folder];
  }

  machines(): Promise<readonly string[]> {
    return this.list('instances');
  }

  images(): Promise<readonly string[]> {
    return this.list('images');
  }

  private async list(kind: string): Promise<readonly string[]> {
    const names = await readdir(path.join(this.folder, kind)).catch(() => []);
    return names.map((name) => path.basename(name, '.json')).sort();
  }
}
