import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLocalImages } from '../../src/adapters/diskimage-builder/file-local-images.js';
import { DirectorySink } from '../../src/adapters/fake-builder/file-sink.js';
import { FakeImageBuilder } from '../../src/adapters/fake-builder/fake-image-builder.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { aDiskImage } from '../support/builders.js';
import { describeImageBuilderContract } from './image-builder.suite.js';

describeImageBuilderContract('the fake builder on a real directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nodepool-fake-'));
  const builder = new FakeImageBuilder(new SystemClock(), new DirectorySink());
  return {
    builder,
    images: new FileLocalImages(new SystemRandom()),
    directory,
    image: (what, change) => {
      builder.hang = what === 'hangs';
      if (what === 'fails with 7') builder.failNext(1, 7);
      return aDiskImage(change);
    },
    text: (path) => readFile(path, 'utf8').catch(() => undefined),
    names: async (path) => (await readdir(path)).sort(),
    during: (_seconds, work) => work,
    end: () => rm(directory, { recursive: true }),
  };
});
