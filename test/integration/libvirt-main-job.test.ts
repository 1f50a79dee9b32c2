import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withoutDiskImageBuilder } from '../support/daemon-needs.js';
import { eventually } from '../support/eventually.js';
import { withoutLibvirt } from '../support/libvirt-daemon.js';
import { machineTraces } from '../support/machine-traces.js';
import { RealQuickstart } from '../support/real-quickstart.js';

describe.skipIf(withoutLibvirt() || withoutDiskImageBuilder())('npm run quickstart -- --real', () => {
  let folder: string;
  let quickstart: RealQuickstart;

  beforeEach(() => {
    folder = mkdtempSync('/var/tmp/np-job-');
    quickstart = new RealQuickstart(path.join(folder, 'real'));
  });
  afterEach(async () => {
    await quickstart.kill('SIGKILL');
    await nothingRuns();
    rmSync(folder, { recursive: true, force: true });
  });

  const nothingRuns = (): Promise<void> =>
    eventually('nothing of it lives', () => machineTraces(folder).length === 0, 30);

  /** Instead of a program of the machine. */
  function fake(name: string, script: string): NodeJS.ProcessEnv {
    const bin = path.join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(bin, name), 0o755);
    return { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  }

  it(
    '[V1] [V2] [V4] [V5] [V8] builds, uploads, goes on where it ended, leases, runs a command over SSH, and leaves nothing',
    { timeout: 300_000 },
    async () => {
      quickstart.start();
      await quickstart.says(/^ {2}upload /m, 150);
      await quickstart.kill('SIGINT');
      expect(await quickstart.end(), quickstart.output).toBe(0);
      expect(quickstart.output).toMatch(/^ {2}build +\d+\.\d s /m);
      await nothingRuns();
      expect(quickstart.volumes()).toHaveLength(1);

      quickstart.start(['--once']);
      await quickstart.says(/^ {2}launch /m, 60);
      expect(quickstart.domains()).toHaveLength(1);
      expect(quickstart.volumes()).toHaveLength(3);
      expect(await quickstart.end(), quickstart.output).toBe(0);
      expect(quickstart.output).toContain('going on where it ended');
      expect(quickstart.output).toContain('image tiny-vm is there from the last time');
      for (const step of ['launch', 'boot', 'command', 'release'])
        expect(quickstart.output).toMatch(new RegExp(`^ {2}${step} +\\d+\\.\\d s `, 'm'));
      expect(quickstart.output).toMatch(/^ {2}command .* zuul at tiny-vm-this-host-\d{10}, Linux 6/m);
      expect(quickstart.output).toContain('The main job is done');
      expect([quickstart.volumes().length, quickstart.domains()]).toEqual([1, []]);
      expect(machineTraces(folder)).toEqual([]);
    },
  );

  it('is alone in its folder; killed, it leaves nothing that runs; and it says why an image cannot be built', async () => {
    quickstart.start([], fake('disk-image-create', 'exec sleep 600'));
    await quickstart.says(/diskimage-builder is at work/, 60);
    const another = new RealQuickstart(quickstart.folder).start();
    expect(await another.end()).toBe(1);
    expect(another.output).toMatch(/quickstart: a quickstart runs in .* already \(process \d+\)/);
    await quickstart.kill('SIGKILL');
    await nothingRuns();
    quickstart.start(['--once'], fake('disk-image-create', 'echo no such element >&2; exit 3'));
    expect(await quickstart.end()).toBe(1);
    expect(quickstart.output).toMatch(/^quickstart: The image could not be built .*; see .*nodepool\.log and .*logs$/m);
    expect(machineTraces(folder)).toEqual([]);
  });

  it('ends with one clear error when no libvirtd can be started', async () => {
    quickstart.start(['--once'], fake('unshare', 'echo "unshare: Operation not permitted" >&2; exit 1'));
    expect(await quickstart.end()).toBe(1);
    expect(quickstart.output).toMatch(/^quickstart: libvirtd has ended: unshare: Operation not permitted$/m);
  });

  it('says which folder is too long for a socket', async () => {
    const long = new RealQuickstart(path.join(folder, 'x'.repeat(80))).start(['--once']);
    expect(await long.end()).toBe(1);
    expect(long.output).toMatch(/^quickstart: .* is too long for the path of a socket; choose another one: --folder /m);
  });
});
