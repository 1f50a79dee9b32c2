import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';

describe('seeded randomness', () => {
  it('is the same for the same seed and looks like ids', () => {
    const [one, same, other] = [new SeededRandom(1), new SeededRandom(1), new SeededRandom(2)];
    const ids = Array.from({ length: 1000 }, () => one.hexId());
    expect(Array.from({ length: 1000 }, () => same.hexId())).toEqual(ids);
    expect(new Set([...ids, other.hexId()]).size).toBe(1001);
    expect(ids.every((id) => /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/.test(id))).toBe(true);
    expect(one.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const numbers = Array.from({ length: 10_000 }, () => one.next());
    expect(numbers.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(numbers.reduce((sum, value) => sum + value, 0) / numbers.length).toBeCloseTo(0.5, 1);
  });
});
