import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiskImageConfig } from '../../src/domain/config/config.js';
import type { BuildJob, BuildResult, ImageBuilder } from '../../src/ports/image-building/image-builder.js';
import type { LocalImages } from '../../src/ports/image-building/local-images.js';

export interface ImageBuilderWorld {
  readonly builder: ImageBuilder;
  readonly images: LocalImages;
  readonly directory: string;
  /** Makes an image whose build does that. */
  readonly image: (what: 'works' | 'fails with 7' | 'hangs', change?: Partial<DiskImageConfig>) => DiskImageConfig;
  text(path: string): Promise<string | undefined>;
  names(directory: string): Promise<readonly string[]>;
  /** Lets `seconds` pass while `work` goes on. */
  during<T>(seconds: number, work: Promise<T>): Promise<T>;
  end(): Promise<void>;
}

const ID = 'ab'.repeat(16);

/** What building an image promises. */
export function describeImageBuilderContract(name: string, makeWorld: () => Promise<ImageBuilderWorld>): void {
  describe(`image builder contract: ${name}`, () => {
    let world: ImageBuilderWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(() => world.end());

    const job = async (image: DiskImageConfig): Promise<BuildJob> => {
      const logFile = await world.images.openLog(`${world.directory}/logs`, image.name, ID, 7);
      return { image, buildId: ID, imagesDir: world.directory, elementsDir: null, logFile };
    };
    const never = new AbortController().signal;

    it('writes every format with checksums and a manifest, and ends the log with the exit code [BUILDER 58, 72]', async () => {
      const work = await job(world.image('works', { formats: ['qcow2', 'raw'] }));
      const result = await world.during(1, world.builder.build(work, never));
      expect(result).toEqual({ outcome: 'built', exitCode: 0 });
      const base = `image-${ID}`;
      const expected = ['.d', '.qcow2', '.qcow2.md5', '.qcow2.sha256', '.raw', '.raw.md5', '.raw.sha256'];
      expect((await world.names(world.directory)).filter((file) => file.startsWith(base))).toEqual(
        expected.map((ending) => base + ending),
      );
      const files = await world.images.files(world.directory, 'image', ID);
      expect(files.every((file) => file.md5?.length === 32 && file.sha256?.length === 64)).toBe(true);
      expect(await world.text(work.logFile)).toMatch(/\nExit code: 0\n$/);
    });

    it('tells the exit code of a failure [BUILDER 59]', async () => {
      const work = await job(world.image('fails with 7'));
      const result: BuildResult = await world.during(1, world.builder.build(work, never));
      expect(result).toMatchObject({ outcome: 'failed', exitCode: 7 });
      expect(await world.text(work.logFile)).toMatch(/\nExit code: 7\n$/);
    });

    it('ends a build that takes too long, without an exit code in the log [BUILDER 61]', async () => {
      const work = await job(world.image('hangs', { buildTimeout: 1 }));
      const result = await world.during(2, world.builder.build(work, never));
      expect(result).toMatchObject({ outcome: 'timed-out', exitCode: 1 });
      expect(await world.text(work.logFile)).not.toContain('Exit code');
    });

    it('ends a build whose signal is aborted', async () => {
      const stop = new AbortController();
      const building = world.builder.build(await job(world.image('hangs')), stop.signal);
      stop.abort(new Error('no more'));
      expect(await world.during(1, building)).toMatchObject({
        outcome: 'failed',
        problem: 'the build was ended: no more',
      });
    });
  });
}
