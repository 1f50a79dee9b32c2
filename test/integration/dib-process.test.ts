import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DiskImageBuilder } from '../../src/adapters/diskimage-builder/disk-image-builder.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { NodeProcessRunner } from '../../src/adapters/system/node-process-runner.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import type { DiskImageConfig } from '../../src/domain/config/config.js';
import type { BuildResult } from '../../src/ports/image-building/image-builder.js';
import { aDiskImage } from '../support/builders.js';

const SCRIPTS = join(import.meta.dirname, '../fixtures/dib');
let directory: string;
let logger: MemoryLogger;
let logFile: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-dib-'));
  logFile = join(directory, 'build.log');
  logger = new MemoryLogger();
});
afterEach(() => rm(directory, { recursive: true }));

function build(image: Partial<DiskImageConfig>): Promise<BuildResult> {
  const builder = new DiskImageBuilder({
    processes: new NodeProcessRunner(),
    clock: new SystemClock(),
    logger,
    environment: { PATH: '/usr/bin:/bin' },
    programDir: SCRIPTS,
  });
  const job = { image: aDiskImage(image), buildId: '0000000001', imagesDir: directory, elementsDir: null, logFile };
  return builder.build(job, new AbortController().signal);
}

const log = (): Promise<string> => readFile(logFile, 'utf8');

async function alive(pid: number): Promise<boolean> {
  // A zombie that nobody has reaped yet is dead.
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tZ');
  return !/^State:\s+Z/m.test(status);
}

describe('builds as processes', () => {
  it('write both outputs to the log as they come [BUILDER 58]', async () => {
    expect(await build({ dibCmd: '%p/works.sh' })).toEqual({ outcome: 'built', exitCode: 0 });
    expect(await log()).toMatch(/^building .*\na complaint\nExit code: 0\n$/);
  });

  it('hand secret env-vars to the child, not to the log of the builder [BUILDER 56]', async () => {
    await build({ dibCmd: '%p/works.sh', envVars: { PASSWORD: 'hidden-word' } });
    expect(await readFile(join(directory, 'environment'), 'utf8')).toContain('PASSWORD=hidden-word');
    expect(JSON.stringify(logger.lines)).not.toContain('hidden-word');
    expect(logger.messages('info')[0]).toMatch(/^Running .*works\.sh -x -t qcow2/);
    expect(logger.messages('info')[1]).toBe(`Logging to ${logFile}`);
  });

  it('end with exit code 127 [BUILDER 59]', async () => {
    expect(await build({ dibCmd: '%p/exits.sh 127' })).toMatchObject({ outcome: 'failed', exitCode: 127 });
    expect(await log()).toMatch(/Exit code: 127\n$/);
  });

  it('killed by a signal end with its negative number [BUILDER 60]', async () => {
    expect(await build({ dibCmd: '%p/dies.sh' })).toMatchObject({ outcome: 'failed', exitCode: -9 });
    expect(await log()).toBe('about to die\nExit code: -9\n');
  });

  it.each(['silent', 'chatty'])('that hang, %s, are killed with all their descendants [BUILDER 61]', async (how) => {
    const pids = join(directory, 'pids');
    const started = Date.now();
    const result = await build({ dibCmd: `%p/hangs.sh ${how} ${pids}`, buildTimeout: 1 });
    expect(result).toMatchObject({ outcome: 'timed-out', exitCode: 1 });
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(await log()).not.toContain('Exit code');
    if (how === 'chatty') expect(await log()).toContain('still at it');
    expect(logger.messages('error')).toHaveLength(1);
    const all = (await readFile(pids, 'utf8')).trim().split('\n').map(Number);
    expect(all).toHaveLength(2);
    await vi.waitFor(async () => expect(await Promise.all(all.map((pid) => alive(pid)))).toEqual([false, false]), {
      timeout: 30_000,
    });
  });

  it('that hang get time to clean up after themselves', async () => {
    const end = vi.waitFor(() => readFile(join(directory, 'worker'), 'utf8'), { timeout: 30_000 });
    const result = await build({ dibCmd: `%p/cleans-up.sh ${directory}`, buildTimeout: 2 });
    expect(result).toMatchObject({ outcome: 'timed-out', exitCode: 1 });
    // A shell may say besides that its child was killed.
    expect(await log()).toMatch(/^at work\n[^]*cleaned up\n(?:.*Killed.*\n)?$/);
    expect(await readdir(directory)).toContain('cleaned');
    expect(await alive(Number(await end))).toBe(false);
  });

  it.each(['%p/not-executable.sh', '%p/no-such-file', "%p/unbalanced'", ''])(
    'whose command is %j are not started [BUILDER 62]',
    async (dibCmd) => {
      const result = await build({ dibCmd });
      expect(result).toMatchObject({ outcome: 'not-started', exitCode: null });
      expect(result.outcome === 'built' || result.problem).toMatch(/^Failed to exec '.*'\. Error: '.+'$/);
    },
  );
});
