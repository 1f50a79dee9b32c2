import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutDiskImageBuilder } from '../support/daemon-needs.js';
import { eventually } from '../support/eventually.js';
import { LibvirtDaemon, withoutLibvirt } from '../support/libvirt-daemon.js';
import { LibvirtStandalone } from '../support/libvirt-standalone.js';
import { machineTraces } from '../support/machine-traces.js';

describe.skipIf(withoutLibvirt() || withoutDiskImageBuilder())('the main job with real machines', () => {
  it(
    '[V1] [V2] [V4] [V5] [V8] builds, uploads, leases, runs a command over SSH, and leaves nothing',
    { timeout: 300_000 },
    async () => {
      const folder = mkdtempSync('/var/tmp/np-job-');
      const daemon = await LibvirtDaemon.start();
      const standalone = new LibvirtStandalone(daemon, folder);
      try {
        standalone.start();
        await eventually('the image is uploaded', async () => (await daemon.volumes()).length === 1, 120);
        const before = [await daemon.volumes(), await daemon.domains()];
        let lease = await standalone.lease('tiny-vm');
        while (lease.state === 'waiting') lease = await standalone.show(lease.id);
        expect(lease, standalone.log.slice(-3000)).toMatchObject({ state: 'active' });
        const [node] = lease.nodes;
        if (!node) throw new Error('the lease has no node');
        expect(await daemon.domains()).toHaveLength(1);
        expect(await daemon.volumes()).toHaveLength(3);
        expect(standalone.ssh(node, 'hostname; whoami; df / | tail -1').split('\n').slice(0, 2)).toEqual([
          `tiny-vm-this-host-${node.id}`,
          'zuul',
        ]);
        await standalone.release(lease.id);
        await eventually('the machine is gone', async () => (await daemon.domains()).length === 0, 60);
        expect([await daemon.volumes(), await daemon.domains()]).toEqual(before);
        expect(await standalone.stop()).toBe(0);
      } finally {
        await standalone.stop();
        await daemon.stop();
        const left = machineTraces(path.join(folder, 'tmp'));
        rmSync(folder, { recursive: true, force: true });
        expect(left).toEqual([]);
      }
    },
  );
});
