import { describe, expect, it } from 'vitest';
import { World } from '../../simulation/world.js';

describe('the store of the simulation', () => {
  it('[A8] loses its connection to records that are too large, and never says it is connected while it refuses calls', async () => {
    const world = new World(7, [], 10);
    const store = world.open(world.process('launcher', 'launcher'));
    const larger = new Uint8Array(2_000_000);
    const states: string[] = [];
    const seen = (): void => void states.push(store.session.state);
    let answered = 0;
    void store.create('/a', new Uint8Array()).catch(() => undefined);
    for (let round = 0; round < 20; round += 1) {
      for (let other = 0; other < 5; other += 1) void store.stat('/').then(() => (answered += 1), seen);
      void store.write('/a', larger).catch(seen);
      store.stat('/a').catch(() => store.stat('/a').catch(() => store.stat('/a').catch(seen)));
      await world.clock.advance(0.3);
    }
    await world.clock.advance(5);
    expect(store.session.state).toBe('connected');
    expect(await Promise.race([store.stat('/a'), world.clock.advance(1)])).toMatchObject({ version: 0 });
    expect(answered).toBeGreaterThan(0);
    expect(states.length).toBeGreaterThan(20);
    expect(states).not.toContain('connected');
  });
});
