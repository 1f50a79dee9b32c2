import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreEngine } from '../../src/ports/coordination/store-engine.js';
import { StoreInUseError } from '../../src/ports/coordination/store-engine.js';
import { bytes, text } from '../support/store-world.js';

export interface EngineWorld {
  /** An engine on the same place, not loaded yet. */
  engine(): StoreEngine;
  end(): Promise<void>;
}

/** What every `StoreEngine` promises. */
export function describeStoreEngine(adapter: string, makeWorld: () => EngineWorld | Promise<EngineWorld>): void {
  describe(`${adapter} as a store engine`, () => {
    let world: EngineWorld;
    const open: StoreEngine[] = [];

    async function load(): Promise<{
      readonly engine: StoreEngine;
      readonly content: Readonly<Record<string, string>>;
    }> {
      const engine = world.engine();
      const content: Record<string, string> = {};
      await engine.load((key, value) => (content[key] = text(value)));
      open.push(engine);
      return { engine, content };
    }
    const put = (key: string, value: string): { key: string; value: Uint8Array } => ({ key, value: bytes(value) });

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      for (const engine of open.splice(0)) await engine.close();
      await world.end();
    });

    it('begins empty, and keeps what was appended', async () => {
      const first = await load();
      expect(first.content).toEqual({});
      await first.engine.append([put('/a', '1'), put('/ä', '2'), put('', 'root')]);
      await first.engine.append([put('/a', '3'), { key: '/ä', value: null }]);
      await first.engine.close();
      expect((await load()).content).toEqual({ '/a': '3', '': 'root' });
    });

    it('keeps any bytes', async () => {
      const { engine } = await load();
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      await engine.append([
        { key: 'all', value: all },
        { key: 'none', value: new Uint8Array() },
      ]);
      await engine.close();
      const found = new Map<string, Uint8Array>();
      const again = world.engine();
      open.push(again);
      await again.load((key, value) => found.set(key, Uint8Array.from(value)));
      expect([...(found.get('all') ?? [])]).toEqual([...all]);
      expect(found.get('none')).toHaveLength(0);
    });

    it('keeps the order of appends that are made at once', async () => {
      const { engine } = await load();
      await Promise.all(Array.from({ length: 50 }, (_, count) => engine.append([put('/a', String(count))])));
      await engine.close();
      expect((await load()).content).toEqual({ '/a': '49' });
    });

    it('takes an empty batch', async () => {
      const { engine } = await load();
      await engine.append([]);
      await engine.close();
      expect((await load()).content).toEqual({});
    });

    it('is compacted without losing anything', async () => {
      const { engine } = await load();
      for (let round = 0; round < 20; round++) await engine.append([put(`/${round % 5}`, String(round))]);
      await Promise.all([engine.compact(), engine.append([put('/5', 'meanwhile')])]);
      await engine.close();
      expect((await load()).content).toEqual({
        '/0': '15',
        '/1': '16',
        '/2': '17',
        '/3': '18',
        '/4': '19',
        '/5': 'meanwhile',
      });
    });

    it('[S3] has one owner at a time', async () => {
      const { engine } = await load();
      await engine.append([put('/a', '1')]);
      const second = world.engine();
      await expect(second.load(() => undefined)).rejects.toBeInstanceOf(StoreInUseError);
      await engine.append([put('/b', '2')]);
      await engine.close();
      expect((await load()).content).toEqual({ '/a': '1', '/b': '2' });
    });

    it('refuses appends after its end, which may come twice', async () => {
      const { engine } = await load();
      await engine.close();
      await engine.close();
      await expect(engine.append([put('/a', '1')])).rejects.toThrow(/closed/);
    });
  });
}
