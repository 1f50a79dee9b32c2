import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { describeComputeContract } from '../contract/compute.suite.js';
import type { CloudAccess } from '../../src/adapters/openstack/clouds/cloud-access.js';
import type { CloudImage } from '../../src/ports/compute/images.js';
import { aCloudAccess } from '../support/openstack-access.js';
import { anInstanceSpec, anOpenStackProvider } from '../support/openstack-bench.js';
import { openstackText, realCloud, signalService, withoutCloud } from '../support/openstack-cloud.js';

/** Takes away what a test has left, with another provider object: the one under test is stopped. */
async function emptied(access: CloudAccess): Promise<void> {
  const { provider } = anOpenStackProvider(access);
  const never = new AbortController().signal;
  await provider.start(never);
  const servers = await provider.list(never);
  const images = await provider.images.list(never);
  await Promise.all([
    ...servers.map(({ externalId }) => provider.delete(externalId, never)),
    ...images.filter(isOurs).map(({ externalId }) => provider.images.remove(externalId, never)),
  ]);
  await provider.stop();
}

function isOurs({ properties }: CloudImage): boolean {
  return properties['nodepool_provider_name'] === 'real-one';
}

describe.skipIf(withoutCloud())('on a real OpenStack', () => {
  describeComputeContract('OpenStack', async () => {
    const cloud = realCloud();
    const access = aCloudAccess(cloud, { private: true });
    const folder = mkdtempSync(join(tmpdir(), 'nodepool-contract-'));
    const file = join(folder, 'debian.raw');
    writeFileSync(file, Buffer.alloc(65_536));
    const { provider } = anOpenStackProvider(access);
    let broken = false;
    let full = false;
    let hanging = false;
    const quota = (instances: number): void => {
      openstackText('oscloud-admin', 'quota', 'set', '--instances', String(instances), 'demo');
    };
    return {
      provider,
      spec: (nodeId) => {
        const spec = anInstanceSpec(nodeId);
        return broken ? { ...spec, metadata: { ...spec.metadata, 'oscloud:spawn_error': 'no such disk' } } : spec;
      },
      unknownImage: { kind: 'diskimage', externalId: 'ffffffff-ffff-4fff-bfff-ffffffffffff', configDrive: null },
      upload: {
        name: 'debian-1700000000',
        file,
        format: 'raw',
        md5: null,
        sha256: null,
        properties: { nodepool_build_id: '0000000001', nodepool_provider_name: 'real-one' },
      },
      run: (promise) => promise,
      exhaustQuota: () => {
        full = true;
        quota(0);
      },
      hangNextCreate: () => {
        hanging = true;
        signalService('nova-api', 'SIGSTOP');
      },
      hangsAll: true,
      breakNextBoot: () => void (broken = true),
      close: async () => {
        if (hanging) signalService('nova-api', 'SIGCONT');
        if (full) quota(10);
        await emptied(access);
        rmSync(folder, { recursive: true });
      },
    };
  });
});
