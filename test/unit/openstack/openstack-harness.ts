import { afterEach } from 'vitest';
import type { CloudAccess } from '../../../src/adapters/openstack/clouds/cloud-access.js';
import type { ProviderConfig } from '../../../src/domain/config/config.js';
import { FakeOpenStack } from '../../support/fake-openstack.js';
import { HurriedClock } from '../../support/hurried-clock.js';
import { aCloudAccess } from '../../support/openstack-access.js';
import type { OpenStackBench } from '../../support/openstack-bench.js';
import { anOpenStackProvider } from '../../support/openstack-bench.js';

export const never = new AbortController().signal;

const open: { readonly cloud: FakeOpenStack; readonly benches: OpenStackBench[] }[] = [];

afterEach(async () => {
  for (const { cloud, benches } of open.splice(0)) {
    await Promise.all(benches.map(({ provider }) => provider.stop()));
    await cloud.stop();
  }
});

export interface CloudBench extends OpenStackBench {
  readonly cloud: FakeOpenStack;
}

/** A provider, started, on a fake OpenStack that has the image `probe`. Both end with the test. */
export async function onFakeOpenStack(
  access: Partial<CloudAccess> = {},
  config: Partial<ProviderConfig> = {},
  prepare: (cloud: FakeOpenStack) => void = () => undefined,
): Promise<CloudBench> {
  const cloud = await FakeOpenStack.start();
  cloud.image();
  prepare(cloud);
  const bench = anOpenStackProvider(
    aCloudAccess({ authUrl: cloud.authUrl }, { private: true, ...access }),
    config,
    new HurriedClock(),
  );
  open.push({ cloud, benches: [bench] });
  await bench.provider.start(never);
  return { ...bench, cloud };
}

/** What the promise is rejected with. */
export function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
