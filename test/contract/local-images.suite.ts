import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalImages } from '../../src/ports/image-building/local-images.js';

export interface LocalImagesWorld {
  readonly images: LocalImages;
  /** Absolute path of an existing, empty directory. */
  readonly directory: string;
  write(path: string, text: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  text(path: string): Promise<string | undefined>;
  names(directory: string): Promise<readonly string[]>;
  end(): Promise<void>;
}

const HEX = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

/** What an images directory promises. */
export function describeLocalImagesContract(name: string, makeWorld: () => Promise<LocalImagesWorld>): void {
  describe(`local images contract: ${name}`, () => {
    let world: LocalImagesWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(() => world.end());

    const put = async (...names: string[]): Promise<void> => {
      for (const file of names) await world.write(`${world.directory}/${file}`, 'data');
    };

    it('makes an identity once: a UUIDv4 without newline [BUILDER 42]', async () => {
      const id = await world.images.builderId(world.directory);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(await world.text(`${world.directory}/builder_id.txt`)).toBe(id);
      expect(await world.names(world.directory)).toEqual(['builder_id.txt']);
      expect(await world.images.builderId(world.directory)).toBe(id);
    });

    it('takes an identity with a newline edited in by hand for what it is', async () => {
      await world.write(`${world.directory}/builder_id.txt`, 'some-id\n');
      expect(await world.images.builderId(world.directory)).toBe('some-id');
    });

    it('lists the files of exactly one build by format, with checksums [BUILDER 85]', async () => {
      await put(`a-${HEX}.raw`, `a-${HEX}.qcow2`, `a-${OTHER}.qcow2`, `a-b-${HEX}.qcow2`, 'nodots');
      await world.makeDirectory(`${world.directory}/a-${HEX}.d`);
      await world.write(`${world.directory}/a-${HEX}.qcow2.md5`, `${'1'.repeat(32)}  a\n`);
      await world.write(`${world.directory}/a-${HEX}.qcow2.sha256`, `${'2'.repeat(64)}  a\n`);
      const files = await world.images.files(world.directory, 'a', HEX);
      expect(files.map((file) => file.format)).toEqual(['qcow2', 'raw']);
      expect(files[0]).toMatchObject({
        image: 'a',
        buildId: HEX,
        path: `${world.directory}/a-${HEX}.qcow2`,
        md5: '1'.repeat(32),
        sha256: '2'.repeat(64),
      });
      expect((files[0]?.allocatedBytes ?? 1) % 512).toBe(0);
      expect(files[1]).toMatchObject({ md5: null, sha256: null });
    });

    it('knows builds by any trace of them, and by exact name', async () => {
      await put(`a-${HEX}.qcow2`, `a-0000000007.raw.md5`, `a-b-${OTHER}.qcow2`, 'a-77.raw', 'builder_id.txt', 'readme');
      await world.makeDirectory(`${world.directory}/c-${HEX}.d`);
      expect(await world.images.buildIds(world.directory, 'a')).toEqual(['0000000007', HEX]);
      expect(await world.images.buildIds(world.directory, 'a-b')).toEqual([OTHER]);
      expect(await world.images.all(world.directory)).toEqual([
        { image: 'a', buildId: '0000000007' },
        { image: 'a', buildId: HEX },
        { image: 'a-b', buildId: OTHER },
        { image: 'c', buildId: HEX },
      ]);
    });

    it('removes all of a build and nothing else, any number of times [BUILDER 106]', async () => {
      await put(`a-${HEX}.qcow2`, `a-${HEX}.qcow2.md5`, `a-${OTHER}.qcow2`, `b-a-${HEX}.qcow2`);
      await world.makeDirectory(`${world.directory}/a-${HEX}.d`);
      await world.write(`${world.directory}/a-${HEX}.d/dib-manifest`, 'x');
      await world.images.remove(world.directory, 'a', HEX);
      expect(await world.names(world.directory)).toEqual([`a-${OTHER}.qcow2`, `b-a-${HEX}.qcow2`]);
      expect(await world.images.remove(world.directory, 'a', HEX)).toEqual([]);
    });

    it('removes one format with its checksums', async () => {
      await put(`a-${HEX}.raw`, `a-${HEX}.raw.md5`, `a-${HEX}.raw.sha256`, `a-${HEX}.qcow2`);
      await world.images.removeFormat(world.directory, 'a', HEX, 'raw');
      await world.images.removeFormat(world.directory, 'a', HEX, 'raw');
      expect(await world.names(world.directory)).toEqual([`a-${HEX}.qcow2`]);
    });

    describe('build logs', () => {
      const logs = async (image: string, ids: readonly string[], retention: number): Promise<readonly string[]> => {
        for (const id of ids) {
          const path = await world.images.openLog(`${world.directory}/logs`, image, id, retention);
          expect(await world.text(path)).toBe('');
          await world.write(path, id);
        }
        return world.names(`${world.directory}/logs`);
      };
      const ids = ['1', '2', '3', '4'].map((digit) => digit.repeat(32));

      it('go into a directory that is made when missing [BUILDER 65]', async () => {
        expect(await logs('a', [HEX], 7)).toEqual([`a-${HEX}.log`]);
      });

      it.each([
        [1, 2],
        [0, 2],
        [2, 3],
        [-1, 4],
      ])('with retention %i, %i remain after four builds [BUILDER 63]', async (retention, remain) => {
        const names = await logs('a', ids, retention);
        expect(names).toEqual(ids.slice(4 - remain).map((id) => `a-${id}.log`));
      });

      it('of other images are left alone [BUILDER 64]', async () => {
        await logs('a-b', ids.slice(0, 3), 7);
        const names = await logs('a', ids, 1);
        expect(names.filter((file) => file.startsWith('a-b-'))).toHaveLength(3);
      });
    });

    it('tells the free room', async () => {
      expect(await world.images.freeBytes(world.directory)).toBeGreaterThan(0);
    });
  });
}
