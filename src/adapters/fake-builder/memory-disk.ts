import type { LocalImageFile, LocalImages } from '../../ports/image-building/local-images.js';
import type { Random } from '../../ports/runtime/random.js';
import type { FileSink } from './file-sink.js';

interface Entry {
  readonly text: string;
  readonly directory: boolean;
  /** Order of the last write. */
  readonly written: number;
}

/** An images directory (any number of them, by path) in memory: for simulations and tests. */
export class MemoryDisk implements LocalImages, FileSink {
  /** What `freeBytes` answers. */
  free = Number.MAX_SAFE_INTEGER;
  /** Nothing can be written. */
  full = false;
  /** What could not be written. */
  readonly refused: string[] = [];
  /** Thrown by the next calls of `files` and `all`, e.g. to play a broken disk. */
  failure: Error | null = null;
  private readonly entries = new Map<string, Entry>();
  private writes = 0;

  constructor(private readonly random: Random) {}

  /** Names in a directory, sorted. */
  names(directory: string): readonly string[] {
    const prefix = `${directory}/`;
    return [...this.entries.keys()]
      .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .map((path) => path.slice(prefix.length))
      .sort();
  }

  text(path: string): string | undefined {
    return this.entries.get(path)?.text;
  }

  async write(path: string, text: string): Promise<void> {
    this.put(path, text, false);
  }

  async append(path: string, text: string): Promise<void> {
    this.put(path, (this.entries.get(path)?.text ?? '') + text, false);
  }

  async makeDirectory(path: string): Promise<void> {
    this.put(path, '', true);
  }

  async builderId(imagesDir: string): Promise<string> {
    const path = `${imagesDir}/builder_id.txt`;
    const known = this.entries.get(path)?.text.trim();
    if (known) return known;
    const id = this.random.uuid();
    this.put(path, id, false);
    return id;
  }

  async files(imagesDir: string, image: string, buildId: string): Promise<readonly LocalImageFile[]> {
    if (this.failure) throw this.failure;
    const base = `${image}-${buildId}.`;
    return this.names(imagesDir)
      .filter((name) => name.startsWith(base) && !name.slice(base.length).includes('.'))
      .filter((name) => !this.entries.get(`${imagesDir}/${name}`)?.directory)
      .map((name) => this.describe(`${imagesDir}/${name}`, image, buildId, name.slice(base.length)));
  }

  async buildIds(imagesDir: string, image: string): Promise<readonly string[]> {
    const all = await this.all(imagesDir);
    return all.filter((build) => build.image === image).map((build) => build.buildId);
  }

  async all(imagesDir: string): Promise<readonly { readonly image: string; readonly buildId: string }[]> {
    if (this.failure) throw this.failure;
    const found = new Map<string, { readonly image: string; readonly buildId: string }>();
    for (const name of this.names(imagesDir)) {
      const [, image, buildId] = /^(.+)-([0-9a-f]{32}|[0-9]{10})\../.exec(name) ?? [];
      if (image && buildId) found.set(`${image}-${buildId}`, { image, buildId });
    }
    return [...found.values()];
  }

  async remove(imagesDir: string, image: string, buildId: string): Promise<readonly string[]> {
    const names = this.names(imagesDir).filter((name) => name.startsWith(`${image}-${buildId}.`));
    for (const name of names) this.entries.delete(`${imagesDir}/${name}`);
    return names;
  }

  async removeFormat(imagesDir: string, image: string, buildId: string, format: string): Promise<void> {
    const path = `${imagesDir}/${image}-${buildId}.${format}`;
    for (const name of [path, `${path}.md5`, `${path}.sha256`]) this.entries.delete(name);
  }

  async openLog(logDir: string, image: string, buildId: string, retention: number): Promise<string> {
    const mine = (name: string): boolean =>
      name.startsWith(`${image}-`) && /^([0-9a-f]{32}|[0-9]{10})\.log$/.test(name.slice(image.length + 1));
    const logs = this.names(logDir)
      .filter(mine)
      .map((name) => `${logDir}/${name}`)
      .sort((a, b) => (this.entries.get(b)?.written ?? 0) - (this.entries.get(a)?.written ?? 0));
    if (retention >= 0) for (const path of logs.slice(Math.max(retention, 1))) this.entries.delete(path);
    const path = `${logDir}/${image}-${buildId}.log`;
    this.put(path, '', false);
    return path;
  }

  async freeBytes(_imagesDir: string): Promise<number> {
    return this.free;
  }

  private describe(path: string, image: string, buildId: string, format: string): LocalImageFile {
    const sum = (kind: string, length: number): string | null => this.text(`${path}.${kind}`)?.slice(0, length) ?? null;
    const md5 = sum('md5', 32);
    return { image, buildId, format, path, md5, sha256: sum('sha256', 64), allocatedBytes: 4096 };
  }

  private put(path: string, text: string, directory: boolean): void {
    if (this.full) {
      this.refused.push(path);
      throw new Error(`ENOSPC: no space left on device, open '${path}'`);
    }
    this.writes += 1;
    this.entries.set(path, { text, directory, written: this.writes });
  }
}
