import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLocalImages } from '../../src/adapters/diskimage-builder/file-local-images.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { describeLocalImagesContract } from './local-images.suite.js';

describeLocalImagesContract('a real directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nodepool-images-'));
  return {
    images: new FileLocalImages(new SystemRandom()),
    directory,
    write: (path, text) => writeFile(path, text),
    makeDirectory: async (path) => void (await mkdir(path, { recursive: true })),
    text: (path) => readFile(path, 'utf8').catch(() => undefined),
    names: async (path) => (await readdir(path)).sort(),
    end: () => rm(directory, { recursive: true }),
  };
});
