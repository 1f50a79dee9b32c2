import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import { libvirtBench, libvirtPool } from '../support/libvirt-bench.js';
import { describeComputeContract } from './compute.suite.js';

describe.skipIf(!existsSync('/usr/bin/virsh'))("[V10] on libvirt's test hypervisor", () => {
  describeComputeContract('libvirt, test hypervisor', () =>
    libvirtBench({ storagePool: 'default-pool' }, libvirtPool({ kind: 'network', name: 'default' })),
  );
});
