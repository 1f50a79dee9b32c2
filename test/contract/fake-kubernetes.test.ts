/**
 * The double of the API server is one for others, too: Debian's kubectl and client for Python work with it, and see what our drivers have
 * made [K30].
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aProviderConfig } from '../../src/apps/driver-kit/builders.js';
import { driverContext } from '../../src/apps/driver-kit/driver-context.js';
import type { Provider } from '../../src/ports/compute/provider.js';
import type { Certificates } from '../support/certificates.js';
import { makeCertificates } from '../support/certificates.js';
import { FakeKubernetes } from '../support/fake-kubernetes/fake-kubernetes.js';
import type { KubeconfigFile } from '../support/fake-kubernetes/kubeconfig.js';
import { certificateUser, writeKubeconfig } from '../support/fake-kubernetes/kubeconfig.js';
import { kubeDriver, kubePool, kubeSpec } from '../support/kubernetes-bench.js';

const run = promisify(execFile);
const never = new AbortController().signal;
const PYTHON = '/usr/bin/python3';

let certificates: Certificates;
let cloud: FakeKubernetes;
let kubeconfig: KubeconfigFile;
let provider: Provider;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates.remove());
beforeEach(async () => {
  cloud = await new FakeKubernetes(certificates, true).open();
  const users = { admin: { token: 'admin-token-1234' }, certificate: certificateUser(certificates) };
  kubeconfig = writeKubeconfig(cloud, users);
  const pools = new Map([['main', kubePool()]]);
  const config = aProviderConfig({ name: 'cluster', driver: 'kubernetes', settings: { context: 'admin' }, pools });
  provider = kubeDriver('kubernetes', { env: { KUBECONFIG: kubeconfig.file } }).createProvider(config, driverContext());
});
afterEach(async () => {
  await provider.stop();
  kubeconfig.remove();
  await cloud.close();
});

/** Discovery is kept in a folder of its own, so that nothing of another double is remembered. */
async function kubectl(...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: kubeconfig.folder, KUBECONFIG: kubeconfig.file };
  const { stdout } = await run('kubectl', ['--request-timeout=20s', ...args], { env });
  return stdout;
}

const json = async (...args: readonly string[]): Promise<unknown> =>
  JSON.parse(await kubectl(...args, '-o', 'json')) as unknown;
const namesOf = (list: unknown): readonly string[] =>
  (list as { readonly items: readonly { readonly metadata: { readonly name: string } }[] }).items.map(
    ({ metadata }) => metadata.name,
  );

async function launched(): ReturnType<Provider['waitUntilRunning']> {
  const spec = kubeSpec('0000000001');
  return provider.waitUntilRunning(await provider.create(spec, never), spec, never);
}

describe('kubectl', () => {
  it('sees what the driver has made, by labels and in the namespace', async () => {
    const { externalId } = await launched();
    expect(namesOf(await json('get', 'namespaces', '-l', 'nodepool_provider_name=cluster'))).toEqual([externalId]);
    expect(namesOf(await json('get', 'pods', '-n', externalId))).toEqual(['pod']);
    expect(await json('get', 'serviceaccount', 'zuul-worker', '-n', externalId)).toMatchObject({
      kind: 'ServiceAccount',
    });
    expect(await json('get', 'rolebinding', 'zuul-role', '-n', externalId)).toMatchObject({
      roleRef: { name: 'zuul-restricted' },
    });
    expect(await kubectl('get', 'pods', '-n', externalId)).toContain('pod');
  });

  it('gets in with what is in the node record, as far as the role allows [K15]', async () => {
    const { connectionPort, externalId } = await launched();
    const { host, token, ca_crt: ca, namespace, pod } = connectionPort as Readonly<Record<string, string>>;
    const zuul = writeKubeconfig({ url: host!, ca: ca! }, { zuul: { token } });
    const asZuul = (...args: readonly string[]): Promise<{ readonly stdout: string }> =>
      run('kubectl', args, { env: { PATH: process.env['PATH'], HOME: zuul.folder, KUBECONFIG: zuul.file } });
    const { stdout } = await asZuul('-n', namespace!, 'get', 'pod', pod!, '-o', 'jsonpath={.status.phase}');
    expect(stdout).toBe('Running');
    await expect(asZuul('-n', namespace!, 'delete', 'pod', pod!, '--wait=false')).rejects.toThrow(/forbidden/);
    await expect(asZuul('get', 'namespace', externalId)).rejects.toThrow(/forbidden/);
    zuul.remove();
  });

  it('makes and deletes what the driver sees, and waits for it by a watch', async () => {
    const { externalId } = await launched();
    expect(await kubectl('delete', 'namespace', externalId)).toContain('deleted');
    expect(await provider.list(never)).toEqual([]);
    await kubectl('create', 'namespace', 'by-hand');
    expect(cloud.names('namespaces')).toEqual(['by-hand']);
    expect(namesOf(await json('--context', 'certificate', 'get', 'projects.project.openshift.io'))).toEqual([
      'by-hand',
    ]);
  });

  it('is refused as a real server would', async () => {
    await expect(kubectl('get', 'namespace', 'no-such')).rejects.toThrow(/\(NotFound\)/);
    await expect(kubectl('--token', 'stolen', '--user', 'nobody', 'get', 'pods')).rejects.toThrow();
    cloud.trouble(({ resource }) => resource === 'namespaces', { status: 403, message: 'exceeded quota' });
    await expect(kubectl('create', 'namespace', 'too-many')).rejects.toThrow(/exceeded quota/);
  });
});

const PROGRAM = `
import json, sys
from kubernetes import client, config, watch
config.load_kube_config(sys.argv[1], context=sys.argv[2])
core, rbac = client.CoreV1Api(), client.RbacAuthorizationV1Api()
out = {"namespaces": [n.metadata.name for n in core.list_namespace(label_selector="nodepool_provider_name=cluster", limit=1).items]}
name = out["namespaces"][0]
pod = core.read_namespaced_pod("pod", name)
out["pod"] = [pod.status.phase, pod.spec.node_name, pod.spec.containers[0].resources.requests]
out["roles"] = [r.metadata.name for r in rbac.list_namespaced_role(name).items]
out["token"] = sorted(core.read_namespaced_secret("zuul-worker", name).data)
core.delete_namespace(name)
w = watch.Watch()
out["events"] = [[e["type"], e["object"].metadata.name] for e in w.stream(core.list_namespace, resource_version="1", field_selector="metadata.name=" + name, timeout_seconds=2)][-1:]
try:
    core.read_namespace(name)
except client.ApiException as e:
    out["after"] = [e.status, json.loads(e.body)["reason"]]
print(json.dumps(out))
`;

describe.skipIf(!existsSync('/usr/lib/python3/dist-packages/kubernetes'))("Debian's client for Python", () => {
  it('sees the same, and deletes it', async () => {
    const { externalId } = await launched();
    const { stdout } = await run(PYTHON, ['-c', PROGRAM, kubeconfig.file, 'certificate']);
    expect(JSON.parse(stdout)).toEqual({
      namespaces: [externalId],
      pod: ['Running', 'worker-1', { cpu: '2', memory: '1024Mi' }],
      roles: ['zuul-restricted'],
      token: ['ca.crt', 'namespace', 'token'],
      events: [['DELETED', externalId]],
      after: [404, 'NotFound'],
    });
    expect(await provider.list(never)).toEqual([]);
  });
});
