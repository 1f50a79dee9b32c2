import type { ProviderOptions } from '../../drivers/kubernetes/src/nodes/provider-base.js';
import { PATIENCE } from '../../drivers/kubernetes/src/nodes/patience.js';
import { NAMESPACES, PROJECTS } from '../../drivers/kubernetes/src/nodes/homes.js';
import { NamespacedProvider } from '../../drivers/kubernetes/src/nodes/namespaced-provider.js';
import { PodsProvider } from '../../drivers/kubernetes/src/nodes/pods-provider.js';
import { plugin } from '../../drivers/kubernetes/src/plugin.js';
import { anInstanceSpec, aPool, aPoolLabel, aProviderConfig } from '../../src/apps/driver-kit/builders.js';
import type { BenchSpec, DriverBench } from '../../src/apps/driver-kit/driver-bench.js';
import { driverContext } from '../../src/apps/driver-kit/driver-context.js';
import { GuardedDriver } from '../../src/apps/plugins/containment/guarded-driver.js';
import type { ProviderConfig } from '../../src/domain/config/config.js';
import type { DriverContext } from '../../src/ports/compute/driver.js';
import type { InstanceSpec, Provider } from '../../src/ports/compute/provider.js';
import type { Certificates } from './certificates.js';
import type { Seen } from './fake-kubernetes/fake-kubernetes.js';
import { FakeKubernetes } from './fake-kubernetes/fake-kubernetes.js';
import { writeKubeconfig } from './fake-kubernetes/kubeconfig.js';

export type KubeDriverName = 'kubernetes' | 'openshift' | 'openshiftpods';

/** The drivers of the packages, with the patience that a test has. */
export function kubeDriver(name: KubeDriverName, options: ProviderOptions): GuardedDriver {
  const createProvider = (config: ProviderConfig, context: DriverContext): Provider => {
    if (name === 'openshiftpods') return new PodsProvider(config, context, options);
    return new NamespacedProvider(name === 'kubernetes' ? NAMESPACES : PROJECTS, config, context, options);
  };
  const quota = name === 'openshiftpods';
  return new GuardedDriver(plugin({ name, contextRequired: false, most: null, types: null, quota, createProvider }));
}

/** As the section of a configuration would make them. */
export function kubePool(label: Readonly<Record<string, unknown>> = {}): ReturnType<typeof aPool> {
  const settings = { type: 'pod', image: 'docker.io/debian:12', cpu: 2, memory: 1024, ...label };
  const labels = new Map([['pod', aPoolLabel({ name: 'pod', image: { kind: 'settings' }, settings })]]);
  return aPool({ name: 'main', provider: 'cluster', labels });
}

export function kubeSpec(nodeId: string, pool = kubePool()): InstanceSpec {
  return anInstanceSpec({ nodeId, pool, image: { kind: 'none' } });
}

const madeBy = ({ method, resource }: Seen): boolean =>
  method === 'POST' && ['namespaces', 'projectrequests', 'pods'].includes(resource);

/** A cluster of its own for one check. */
export async function kubeBench(
  name: KubeDriverName,
  certificates: Certificates,
  label: Readonly<Record<string, unknown>> = {},
): Promise<DriverBench> {
  const cloud = await new FakeKubernetes(certificates, name !== 'kubernetes').open();
  cloud.knobs.images = { 'docker.io/no-such-image': 'ErrImageNeverPull' };
  if (name === 'openshiftpods') {
    cloud.add('namespaces', null, { metadata: { name: 'main' } });
    cloud.add('serviceaccounts', 'main', { metadata: { name: 'default' } });
  }
  const token = 'admin-token-1234';
  const kubeconfig = writeKubeconfig(cloud, { admin: { token }, stranger: { token: 'stolen-token' } });
  const config = (context: string): ProviderConfig =>
    aProviderConfig({
      name: 'cluster',
      driver: name,
      settings: { context },
      pools: new Map([['main', kubePool(label)]]),
    });
  const patience = { ...PATIENCE, unschedulable: 0.3, image: 0.3 };
  const driver = kubeDriver(name, { env: { KUBECONFIG: kubeconfig.file }, patience });
  const open = (context = 'admin'): Provider => driver.createProvider(config(context), driverContext());
  const spec = (nodeId: string, more = {}): BenchSpec => kubeSpec(nodeId, kubePool({ ...label, ...more }));
  const isPod = label['type'] === undefined;
  const homes = name === 'openshiftpods' ? 'pods' : 'namespaces';
  return {
    capabilities: driver.capabilities,
    provider: open(),
    reopen: () => open(),
    strangeCredentials: () => open('stranger'),
    spec: (nodeId) => spec(nodeId),
    unknownImage: { kind: 'none' },
    ...(isPod ? { specOfUnknownImage: (nodeId: string) => spec(nodeId, { image: 'docker.io/no-such-image' }) } : {}),
    upload: null,
    run: (promise) => promise,
    exhaustQuota: isPod ? () => void (cloud.knobs.mostPods = 0) : null,
    refuseForCapacity: isPod ? () => void (cloud.knobs.full = true) : null,
    breakNextBoot: isPod ? () => void (cloud.knobs.breakNext = 'Error') : null,
    hangNextCreate: () => cloud.trouble(madeBy, { hang: true }),
    loseNextAnswer: () => cloud.trouble(madeBy, { lose: true }),
    limitNextCall: () => cloud.trouble(() => true, { status: 429, retryAfter: 1 }),
    failNextCall: () => cloud.trouble(() => true, { status: 500 }),
    removeBehindBack: (id) =>
      homes === 'pods'
        ? cloud.removeNow('pods', 'main', id.slice('main-'.length))
        : cloud.removeNow('namespaces', null, id),
    cloudInstances: () =>
      homes === 'pods' ? cloud.names('pods', 'main').map((pod) => `main-${pod}`) : cloud.names('namespaces'),
    secrets: [token, 'stolen-token', 'account-token-'],
    close: async () => {
      await cloud.close();
      kubeconfig.remove();
    },
  };
}
