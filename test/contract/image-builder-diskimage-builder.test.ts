import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskImageBuilder } from '../../src/adapters/diskimage-builder/disk-image-builder.js';
import { FileLocalImages } from '../../src/adapters/diskimage-builder/file-local-images.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { NodeProcessRunner } from '../../src/adapters/system/node-process-runner.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { aDiskImage } from '../support/builders.js';
import { describeImageBuilderContract } from './image-builder.suite.js';

const SCRIPTS = join(import.meta.dirname, '../fixtures/dib');
const COMMANDS = { works: '%p/works.sh', 'fails with 7': '%p/exits.sh 7', hangs: '%p/hangs.sh' };

describeImageBuilderContract('diskimage-builder with small scripts in its place', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nodepool-dib-'));
  const builder = new DiskImageBuilder({
    processes: new NodeProcessRunner(),
    clock: new SystemClock(),
    logger: new MemoryLogger(),
    environment: { PATH: '/usr/bin:/bin' },
    programDir: SCRIPTS,
  });
  return {
    builder,
    images: new FileLocalImages(new SystemRandom()),
    directory,
    image: (what, change) => aDiskImage({ dibCmd: COMMANDS[what], ...change }),
    text: (path) => readFile(path, 'utf8').catch(() => undefined),
    names: async (path) => (await readdir(path)).sort(),
    during: (_seconds, work) => work,
    end: () => rm(directory, { recursive: true }),
  };
});
