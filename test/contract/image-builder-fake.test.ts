import { FakeImageBuilder } from '../../src/adapters/fake-builder/fake-image-builder.js';
import { MemoryDisk } from '../../src/adapters/fake-builder/memory-disk.js';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../src/adapters/memory/virtual-clock.js';
import { aDiskImage } from '../support/builders.js';
import { describeImageBuilderContract } from './image-builder.suite.js';

describeImageBuilderContract('the fake builder', async () => {
  const clock = new VirtualClock();
  const disk = new MemoryDisk(new SeededRandom(1));
  const builder = new FakeImageBuilder(clock, disk);
  return {
    builder,
    images: disk,
    directory: '/images',
    image: (what, change) => {
      builder.hang = what === 'hangs';
      if (what === 'fails with 7') builder.failNext(1, 7);
      return aDiskImage(change);
    },
    text: async (path) => disk.text(path),
    names: async (path) => disk.names(path),
    during: async (seconds, work) => {
      await clock.advance(seconds);
      return work;
    },
    end: async () => undefined,
  };
});
