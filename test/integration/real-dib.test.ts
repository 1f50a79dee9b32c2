import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DiskImageBuilder } from '../../src/adapters/diskimage-builder/disk-image-builder.js';
import { FileLocalImages } from '../../src/adapters/diskimage-builder/file-local-images.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { NodeProcessRunner } from '../../src/adapters/system/node-process-runner.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import type { DiskImageConfig } from '../../src/domain/config/config.js';
import type { BuildResult } from '../../src/ports/image-building/image-builder.js';
import type { CancelTimer, Clock } from '../../src/ports/runtime/clock.js';
import { aDiskImage } from '../support/builders.js';
import { withoutDiskImageBuilder } from '../support/daemon-needs.js';
import { machineTraces } from '../support/machine-traces.js';
import { RealBuilders } from '../support/real-builders.js';
import { withoutZooKeeper } from '../support/zookeeper-server.js';

const ELEMENTS = join(import.meta.dirname, '../fixtures/elements');
const withoutDib = withoutDiskImageBuilder();

function dib(clock: Clock = new SystemClock()): DiskImageBuilder {
  return new DiskImageBuilder({
    processes: new NodeProcessRunner(),
    clock,
    logger: new MemoryLogger(),
    environment: { PATH: `/usr/sbin:/sbin:${process.env['PATH'] ?? '/usr/bin:/bin'}`, HOME: '/root' },
  });
}

function tiny(folder: string, change: Partial<DiskImageConfig> = {}): DiskImageConfig {
  return aDiskImage({
    name: 'tiny',
    elements: ['tiny'],
    dibCmd: 'disk-image-create -n',
    envVars: { DIB_IMAGE_SIZE: '1', DIB_JOURNAL_SIZE: '4', TMPDIR: folder },
    buildTimeout: 150,
    ...change,
  });
}

/** Real time, in which time-outs come when the moment has come. */
class EventfulClock extends SystemClock {
  constructor(private readonly moment: () => Promise<boolean>) {
    super();
  }

  override schedule(_delay: number, callback: () => void): CancelTimer {
    const timer = setInterval(() => {
      void this.moment().then((come) => {
        if (!come) return;
        clearInterval(timer);
        callback();
      });
    }, 100);
    return () => clearInterval(timer);
  }
}

interface Built {
  readonly folder: string;
  readonly buildId: string;
  readonly images: FileLocalImages;
  readonly result: BuildResult;
  readonly log: string;
}

/** Builds for real in a folder of its own; afterwards nothing of it may be left on the machine. */
async function building(
  change: Partial<DiskImageConfig>,
  judge: (built: Built) => Promise<void> | void,
  until?: RegExp,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-real-dib-'));
  try {
    const images = new FileLocalImages(new SystemRandom());
    const buildId = new SystemRandom().hexId();
    const logFile = await images.openLog(join(folder, 'logs'), 'tiny', buildId, 7);
    const job = { image: tiny(folder, change), buildId, imagesDir: folder, elementsDir: ELEMENTS, logFile };
    const logged = async (): Promise<boolean> => until?.test(await readFile(logFile, 'utf8')) ?? false;
    const result = await dib(new EventfulClock(logged)).build(job, new AbortController().signal);
    await judge({ folder, buildId, images, result, log: await readFile(logFile, 'utf8') });
    expect(machineTraces(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe.skipIf(withoutDib).concurrent('the real diskimage-builder', () => {
  it('builds a small image in two formats [BUILDER 54, 58]', () =>
    building({ formats: ['qcow2', 'raw'] }, async ({ folder, buildId, images, result, log }) => {
      expect(result, log.slice(-3000)).toEqual({ outcome: 'built', exitCode: 0 });
      expect(log).toMatch(/Exit code: 0\n$/);
      const files = await images.files(folder, 'tiny', buildId);
      expect(files.map((file) => file.format)).toEqual(['qcow2', 'raw']);
      for (const file of files) {
        expect(file.md5).toBe(execFileSync('md5sum', [file.path], { encoding: 'utf8' }).slice(0, 32));
        expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
        // Sparse: a gigabyte that takes a few megabytes.
        expect(file.allocatedBytes).toBeGreaterThan(1_000_000);
        expect(file.allocatedBytes).toBeLessThan(200_000_000);
        const info = execFileSync('qemu-img', ['info', '--output=json', file.path], { encoding: 'utf8' });
        expect(JSON.parse(info)).toMatchObject({ format: file.format });
      }
      await images.remove(folder, 'tiny', buildId);
      expect(await images.all(folder)).toEqual([]);
    }));

  it('says how an element failed [BUILDER 59]', () =>
    building({ elements: ['failing'] }, async ({ folder, buildId, images, result, log }) => {
      expect(result, log.slice(-3000)).toMatchObject({ outcome: 'failed', exitCode: 42 });
      expect(log).toContain('this element fails');
      expect(log).toMatch(/Exit code: 42\n$/);
      expect(await images.files(folder, 'tiny', buildId)).toEqual([]);
    }));

  it('is ended with all its processes, mounts and scratch files when an element hangs [BUILDER 61]', () =>
    building(
      { elements: ['hanging'] },
      async ({ folder, result, log }) => {
        expect(result, log.slice(-3000)).toMatchObject({ outcome: 'timed-out', exitCode: 1 });
        expect(log).not.toContain('Exit code');
        expect(await readdir(folder)).toEqual(['logs']);
      },
      /^[^+]*this element hangs$/m,
    ));

  it.skipIf(withoutZooKeeper())('shares two images between two builders, each built once [BUILDER 50]', async () => {
    const builders = await RealBuilders.open();
    try {
      const images = ['one', 'two'].map((name) => tiny(builders.folder, { name }));
      await builders.start(images, ELEMENTS, dib);
      await builders.until('both images are built and uploaded', 150_000, () => builders.readyUploads().length === 2);
      const builds = builders.builds();
      expect(builds.map(({ image, value }) => `${image} ${value.state}`)).toEqual(['one ready', 'two ready']);
      expect(new Set(builds.map(({ value }) => value.builderId)).size).toBe(2);
      for (const { image, build, value } of builds) {
        expect(await builders.filesOf(value.builder ?? '')).toEqual(
          ['.qcow2', '.qcow2.md5', '.qcow2.sha256'].map((ending) => `${image}-${build}${ending}`),
        );
      }
      expect(builders.troubles()).toEqual([]);
      expect(machineTraces(builders.folder)).toEqual([]);
    } finally {
      await builders.end();
    }
  });
});
