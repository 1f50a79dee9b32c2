import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CpuProfile } from '../../../src/adapters/diagnostics/cpu-profile.js';
import { DebugDump } from '../../../src/adapters/diagnostics/debug-dump.js';
import { RuntimeFacts } from '../../../src/adapters/diagnostics/runtime-facts.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';

let folder: string;
let logger: MemoryLogger;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-dump-'));
  logger = new MemoryLogger();
});
afterEach(() => rmSync(folder, { recursive: true }));

function aDump(to = folder): DebugDump {
  const source = {
    status: () => [{ worker: 'PoolWorker a-b', doing: 'waits for a change', details: ['request 1: x'] }],
  };
  const profile = new CpuProfile({ folder: to, program: 'nodepool-launcher' });
  return new DebugDump({ logger, sources: [source], facts: new RuntimeFacts(), profile });
}

describe('the debug dump', () => {
  it('tells at DEBUG what everybody does and how the process is; the second one writes a profile [BUILDER 139]', async () => {
    const dump = aDump();
    const announced: string[] = [];
    for (const round of ['first', 'second']) {
      await dump.run();
      const told = logger.lines.splice(0).flatMap(({ level, message }) => {
        if (level === 'info') announced.push(message);
        return level === 'debug' ? [message] : [];
      });
      expect(told[0], round).toBe('Begin of the debug dump');
      expect(told).toContain('PoolWorker a-b: waits for a change\nrequest 1: x');
      for (const fact of [
        /^memory: .* resident/,
        /^heap old_space: /,
        /^open handles: /,
        /^event loop: late by \d/,
        /^CPU: /,
      ]) {
        expect(
          told.some((line) => fact.test(line)),
          String(fact),
        ).toBe(true);
      }
      expect(told.at(-1)).toBe('End of the debug dump');
      expect(readdirSync(folder)).toHaveLength(round === 'first' ? 0 : 1);
    }
    const [name = ''] = readdirSync(folder);
    expect(name).toMatch(new RegExp(`^nodepool-launcher-${process.pid}-\\d{8}T\\d{6}Z-[0-9a-f]{6}\\.cpuprofile$`));
    expect(announced.at(-1)).toBe(`The CPU profile was written to ${path.join(folder, name)}`);
    expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
    const profile = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { nodes: unknown[]; endTime: number };
    expect(profile.nodes.length).toBeGreaterThan(0);
    expect(profile.endTime).toBeGreaterThan(0);
  });

  it('ignores signals while one is going on', async () => {
    const dump = aDump();
    await Promise.all([dump.run(), dump.run(), dump.run()]);
    expect(logger.messages('debug').filter((line) => line.startsWith('Begin'))).toHaveLength(1);
    await dump.run();
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('that cannot write its profile says so, and the next one begins anew', async () => {
    const dump = aDump(path.join(folder, 'missing'));
    for (let round = 0; round < 3; round += 1) await dump.run();
    expect(logger.messages('error')).toEqual(['The CPU profile could not be written']);
    expect(logger.messages('info').filter((line) => line.startsWith('A CPU profile is being recorded'))).toHaveLength(
      2,
    );
    await dump.run();
  });
});
