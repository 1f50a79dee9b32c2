import { mkdir, open, readFile, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalImageFile, LocalImages } from '../../ports/image-building/local-images.js';
import type { Random } from '../../ports/runtime/random.js';
import { imageOfLog, parseBuildFileName } from './build-file-name.js';

const ID_FILE = 'builder_id.txt';
const BLOCK = 512;

/** The images directory and the log directory on a real file system. */
export class FileLocalImages implements LocalImages {
  constructor(private readonly random: Random) {}

  async builderId(imagesDir: string): Promise<string> {
    const path = join(imagesDir, ID_FILE);
    const known = (await readIfThere(path))?.trim();
    if (known) return known;
    const id = this.random.uuid();
    // Written aside and renamed: a crash must not leave an empty identity.
    const aside = `${path}.${id}`;
    await writeFile(aside, id);
    await rename(aside, path);
    return id;
  }

  async files(imagesDir: string, image: string, buildId: string): Promise<readonly LocalImageFile[]> {
    const base = `${image}-${buildId}`;
    const found: LocalImageFile[] = [];
    for (const entry of await entries(imagesDir)) {
      const dot = entry.name.lastIndexOf('.');
      if (dot < 0 || entry.name.slice(0, dot) !== base || !entry.isFile()) continue;
      const file = await describe(join(imagesDir, entry.name), image, buildId, entry.name.slice(dot + 1));
      if (file) found.push(file);
    }
    return found.sort((a, b) => (a.format < b.format ? -1 : 1));
  }

  async buildIds(imagesDir: string, image: string): Promise<readonly string[]> {
    const all = await this.all(imagesDir);
    return all.filter((build) => build.image === image).map((build) => build.buildId);
  }

  async all(imagesDir: string): Promise<readonly { readonly image: string; readonly buildId: string }[]> {
    const found = new Map<string, { readonly image: string; readonly buildId: string }>();
    for (const { name } of await entries(imagesDir)) {
      const parsed = parseBuildFileName(name);
      if (parsed) found.set(`${parsed.image}-${parsed.buildId}`, { image: parsed.image, buildId: parsed.buildId });
    }
    return [...found.keys()].sort().flatMap((key) => found.get(key) ?? []);
  }

  async remove(imagesDir: string, image: string, buildId: string): Promise<readonly string[]> {
    const prefix = `${image}-${buildId}.`;
    const names = (await entries(imagesDir)).map((entry) => entry.name).filter((name) => name.startsWith(prefix));
    for (const name of names.sort()) await rm(join(imagesDir, name), { recursive: true, force: true });
    return names;
  }

  async removeFormat(imagesDir: string, image: string, buildId: string, format: string): Promise<void> {
    const path = join(imagesDir, `${image}-${buildId}.${format}`);
    for (const name of [path, `${path}.md5`, `${path}.sha256`]) await rm(name, { force: true });
  }

  async openLog(logDir: string, image: string, buildId: string, retention: number): Promise<string> {
    await mkdir(logDir, { recursive: true });
    if (retention >= 0) await pruneLogs(logDir, image, Math.max(retention, 1));
    const path = join(logDir, `${image}-${buildId}.log`);
    await (await open(path, 'w')).close();
    return path;
  }

  async freeBytes(imagesDir: string): Promise<number> {
    const facts = await statfs(imagesDir);
    return facts.bavail * facts.bsize;
  }
}

async function entries(directory: string): Promise<readonly { readonly name: string; isFile(): boolean }[]> {
  return readdir(directory, { withFileTypes: true });
}

async function describe(
  path: string,
  image: string,
  buildId: string,
  format: string,
): Promise<LocalImageFile | undefined> {
  const facts = await ifThere(stat(path));
  if (!facts) return undefined;
  return {
    image,
    buildId,
    format,
    path,
    md5: await checksum(`${path}.md5`, 32),
    sha256: await checksum(`${path}.sha256`, 64),
    allocatedBytes: facts.blocks * BLOCK,
  };
}

/** Null when the file is missing or too short to be a checksum. */
async function checksum(path: string, length: number): Promise<string | null> {
  const text = (await readIfThere(path))?.slice(0, length);
  return text?.length === length ? text : null;
}

/** Keeps the newest `keep` logs of exactly this image, by the time of their last line. */
async function pruneLogs(logDir: string, image: string, keep: number): Promise<void> {
  const logs: { readonly path: string; readonly modified: number; readonly name: string }[] = [];
  for (const { name } of await entries(logDir)) {
    if (imageOfLog(name) !== image) continue;
    const path = join(logDir, name);
    const facts = await ifThere(stat(path));
    if (facts) logs.push({ path, modified: facts.mtimeMs, name });
  }
  logs.sort((a, b) => b.modified - a.modified || (a.name < b.name ? 1 : -1));
  for (const { path } of logs.slice(keep)) await rm(path, { force: true });
}

function readIfThere(path: string): Promise<string | undefined> {
  return ifThere(readFile(path, 'utf8'));
}

async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
