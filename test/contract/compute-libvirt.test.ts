import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { libvirtBench, libvirtPool, USER_NETWORK } from '../support/libvirt-bench.js';
import { LibvirtDaemon, withoutLibvirt } from '../support/libvirt-daemon.js';
import { describeComputeContract } from './compute.suite.js';

describe.skipIf(withoutLibvirt())('[V10] on a real libvirtd with QEMU', () => {
  let daemon: LibvirtDaemon;
  beforeAll(async () => {
    daemon = await LibvirtDaemon.start();
  });
  afterEach(async () => {
    expect(await daemon.everything(), 'domains and volumes that a check has left').toEqual([]);
  });
  afterAll(() => daemon?.stop());

  describeComputeContract('libvirt', () => libvirtBench({ uri: daemon.uri }, libvirtPool(USER_NETWORK), daemon));
});
