import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Certificates } from '../support/certificates.js';
import { makeCertificates } from '../support/certificates.js';
import type { Daemon } from '../support/daemon.js';
import { ROOT } from '../support/daemon-build.js';
import { withoutClient } from '../support/daemon-needs.js';
import { DaemonWorld } from '../support/daemon-world.js';
import type { NodeRecord, ZuulClient } from '../support/daemon-zuul-client.js';
import { FakeKubernetes } from '../support/fake-kubernetes/fake-kubernetes.js';
import type { KubeconfigFile } from '../support/fake-kubernetes/kubeconfig.js';
import { writeKubeconfig } from '../support/fake-kubernetes/kubeconfig.js';
import { ZooKeeperServer, freePort } from '../support/zookeeper-server.js';

const run = promisify(execFile);
const EXECUTOR = join(ROOT, 'test/fixtures/kazoo/executor.py');
const TOKEN = 'admin-token-1234';

const withoutDrivers = (): boolean => {
  if (existsSync(join(ROOT, 'drivers/kubernetes/dist/driver.js'))) return false;
  throw new Error('The drivers are not built: npm ci --workspaces --include-workspace-root, npm run build');
};

/** Providers of four drivers in one file, on a real ZooKeeper. The tests below are one story, told in order. */
describe.skipIf([withoutClient(), withoutDrivers()].includes(true))('pods as nodes beside machines of a cloud', () => {
  let server: ZooKeeperServer;
  let certificates: Certificates;
  let cluster: FakeKubernetes;
  let kubeconfig: KubeconfigFile;
  let world: DaemonWorld;
  let zuul: ZuulClient;
  let launcher: Daemon;
  let address: string;

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    certificates = await makeCertificates();
    cluster = await new FakeKubernetes(certificates, true).open();
    cluster.add('namespaces', null, { metadata: { name: 'ci' } });
    kubeconfig = writeKubeconfig(cluster, { here: { token: TOKEN } });
    world = await DaemonWorld.open('kubernetes', server.address);
    const [port, builderPort] = [await freePort(), await freePort()];
    address = `http://127.0.0.1:${port}`;
    zuul = await world.client();
    const image = 'docker.io/library/debian:12';
    await world.configure({
      ...world.basics(),
      webapp: { port, listen_address: '127.0.0.1', builder_port: builderPort },
      labels: ['vm', 'pod', 'namespace', 'project', 'own-spec', 'ci-pod'].map((name) => ({ name })),
      diskimages: [{ name: 'tiny', elements: ['tiny'] }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          diskimages: [{ name: 'tiny' }],
          pools: [{ name: 'main', 'max-servers': 2, labels: [{ name: 'vm', diskimage: 'tiny', 'min-ram': 2048 }] }],
        },
        {
          name: 'kube',
          driver: 'kubernetes',
          context: 'here',
          'max-servers': 5,
          pools: [
            {
              name: 'main',
              'node-attributes': { 'executor-zone': 'east' },
              labels: [
                {
                  name: 'pod',
                  type: 'pod',
                  image,
                  cpu: 2,
                  memory: 512,
                  labels: { team: 'blue' },
                  'dynamic-labels': { request: '{request.id}' },
                },
                { name: 'namespace', type: 'namespace' },
                { name: 'own-spec', type: 'pod', spec: { containers: [{ name: 'c', image }] } },
              ],
            },
          ],
        },
        {
          name: 'shift',
          driver: 'openshift',
          context: 'here',
          'max-projects': 3,
          pools: [{ name: 'shift', labels: [{ name: 'project', type: 'project' }] }],
        },
        {
          name: 'pods',
          driver: 'openshiftpods',
          context: 'here',
          pools: [{ name: 'ci', labels: [{ name: 'ci-pod', image, cpu: 1 }] }],
        },
      ],
    });
    const env = { KUBECONFIG: kubeconfig.file };
    await world.start('nodepool-builder', ['-f', '-c', world.configFile, '--fake'], env).says(/The builder runs/);
    launcher = world.start('nodepool-launcher', ['-f', '-c', world.configFile], env);
  });
  afterAll(async () => {
    await world?.close();
    await cluster?.close();
    kubeconfig?.remove();
    await certificates?.remove();
    await server?.stop();
  });

  /** A node of that label, locked as Zuul would. */
  async function given(label: string): Promise<readonly [string, NodeRecord]> {
    const id = await zuul.submit([label]);
    await zuul.answer(id, ['fulfilled']);
    const [entry] = Object.entries(await zuul.accept(id));
    return entry!;
  }

  async function asExecutor(
    id: string,
  ): Promise<{ readonly inventory: Record<string, unknown>; readonly config: string }> {
    const config = join(world.folder, `kubeconfig-${id}`);
    const { stdout } = await run('/usr/bin/python3', [EXECUTOR, `${server.address}${world.chroot}`, id, config]);
    return { inventory: JSON.parse(stdout) as Record<string, unknown>, config };
  }

  async function kubectl(config: string, ...args: readonly string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], HOME: world.folder, KUBECONFIG: config };
    return (await run('kubectl', args, { env })).stdout;
  }

  it('config-validate has nothing to say against it', async () => {
    expect(await world.nodepool('config-validate')).not.toMatch(/error|warning/i);
  });

  it('serves labels of all four drivers', async () => {
    const [, vm] = await given('vm');
    expect(vm).toMatchObject({ provider: 'cloud', connection_type: 'ssh', connection_port: 22 });
    for (const label of ['pod', 'namespace', 'project', 'own-spec', 'ci-pod']) await given(label);
    await zuul.use();
    expect(cluster.names('namespaces')).toHaveLength(5);
  });

  it.each([
    ['pod', 'kube', { in_inventory: true, pod: 'pod', interface_ip: 'pod', host_id: 'worker-1' }],
    ['namespace', 'kube', { in_inventory: false, pod: null, interface_ip: null, host_id: null }],
    ['project', 'shift', { in_inventory: false, pod: null, interface_ip: null, host_id: null }],
    ['ci-pod', 'pods', { in_inventory: true, namespace: 'ci', host_id: 'worker-1' }],
  ])('gives executors what they read of a node of %s [K14, K15, K16]', async (label, provider, facts) => {
    const found = Object.entries(await zuul.nodes()).find(([, node]) => node.type.includes(label));
    const [id, node] = found!;
    expect(node).toMatchObject({ provider, state: 'in-use', host_keys: [] });
    const { inventory, config } = await asExecutor(id);
    expect(inventory).toMatchObject({
      cloud: 'here',
      username: 'zuul',
      python_path: 'auto',
      same_ssh_port: true,
      ...facts,
    });
    const pods = await kubectl(config, 'get', 'pods', '-o', 'name');
    const { pod } = inventory;
    expect(pods.trim()).toBe(typeof pod === 'string' ? `pod/${pod}` : '');
  });

  it('notes what nodes take and are, and labels what it makes [K12, K17]', async () => {
    const nodes = Object.values(await zuul.nodes());
    const pod = nodes.find(({ type }) => type.includes('pod'))!;
    expect(pod['resources']).toEqual({ instances: 1, cores: 2, ram: 512 });
    expect(pod['attributes']).toEqual({ 'executor-zone': 'east' });
    const made = cluster.store.get('pods', String(pod['external_id']), 'pod');
    expect(made?.metadata.labels).toMatchObject({
      team: 'blue',
      request: pod.allocated_to,
      nodepool_provider_name: 'kube',
      nodepool_node_label: 'pod',
    });
  });

  it('shows no token in lists, pages and logs [K29]', async () => {
    const shown = await world.nodepool('list', '--detail');
    expect(shown).toContain('redacted');
    const page = await (await fetch(`${address}/node-list`, { headers: { accept: 'application/json' } })).text();
    for (const text of [shown, page, launcher.output]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain('account-token-');
    }
  });

  it('deletes what was given back', async () => {
    await zuul.giveBack();
    await world.until(
      'all is gone',
      () => cluster.names('namespaces').join() === 'ci' && cluster.names('pods').length === 0,
    );
    await world.until('the records, too', async () => Object.keys(await zuul.nodes()).length === 0);
  });

  it('deletes what leaked, and nothing of another installation [K28]', async () => {
    const labels = { nodepool_node_id: '0000009999', nodepool_provider_name: 'kube', nodepool_pool_name: 'main' };
    cluster.add('namespaces', null, { metadata: { name: 'main-0000009999', labels } });
    const foreign = { ...labels, nodepool_installation_id: 'somebody-else' };
    cluster.add('namespaces', null, { metadata: { name: 'main-theirs-0000009999', labels: foreign } });
    await world.until('the leak is gone', () => !cluster.names('namespaces').includes('main-0000009999'));
    expect(cluster.names('namespaces')).toContain('main-theirs-0000009999');
  });

  it.each([
    ['quota', () => (cluster.knobs.mostPods = 0), 'exceeded quota: everything'],
    [
      'image',
      () => (cluster.knobs.images['docker.io/library/debian:12'] = 'InvalidImageName'),
      'InvalidImageName: Back-off pulling image',
    ],
  ])('explains that a pod waits or fails for its %s [K19, K21]', async (_what, bring, words) => {
    bring();
    const id = await zuul.submit(['pod']);
    await world.until('it is explained', async () => {
      const said = await world.nodepool('explain', 'request', id, '--launcher', address);
      return said.includes(words);
    });
    cluster.knobs.mostPods = Infinity;
    cluster.knobs.images = {};
    await zuul.answer(id);
  });
});
