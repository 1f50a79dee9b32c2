import { describe, expect, it } from 'vitest';
import { liveConfiguration } from '../../../src/apps/administration/live/live-configuration.js';
import type { ConfigProblem } from '../../../src/domain/config/config-problem.js';

function mistake(change: Partial<ConfigProblem>): ConfigProblem {
  const place = { file: '/etc/nodepool/nodepool.yaml', line: 12, column: 3, keyPath: 'providers[0].rate' };
  return { ...place, message: 'not a number: hunter2', hint: 'ask hunter2', severity: 'error', ...change };
}

describe('the configuration on the live page [C23]', () => {
  it('has no mistakes as long as the file is in force', () => {
    expect(liveConfiguration([])).toEqual({ mistakes: 0, places: [] });
  });

  it('says where mistakes are, and never what stands there', () => {
    const shown = liveConfiguration([mistake({}), mistake({ keyPath: '' }), mistake({ line: null, keyPath: '' })]);
    expect(shown.places).toEqual([
      'nodepool.yaml, line 12: providers[0].rate',
      'nodepool.yaml, line 12',
      'nodepool.yaml',
    ]);
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });

  it('is short, however many there are and however long', () => {
    const shown = liveConfiguration(Array.from({ length: 5000 }, () => mistake({ keyPath: 'x'.repeat(100_000) })));
    expect(shown.mistakes).toBe(5000);
    expect(JSON.stringify(shown).length).toBeLessThan(1000);
  });
});
