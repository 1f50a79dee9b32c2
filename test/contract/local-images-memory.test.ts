import { MemoryDisk } from '../../src/adapters/fake-builder/memory-disk.js';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import { describeLocalImagesContract } from './local-images.suite.js';

describeLocalImagesContract('a disk in memory', async () => {
  const disk = new MemoryDisk(new SeededRandom(1));
  return {
    images: disk,
    directory: '/images',
    write: (path, text) => disk.write(path, text),
    makeDirectory: (path) => disk.makeDirectory(path),
    text: async (path) => disk.text(path),
    names: async (path) => disk.names(path),
    end: async () => undefined,
  };
});
