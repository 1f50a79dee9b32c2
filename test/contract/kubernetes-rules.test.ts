/** What docs/spec/kubernetes.md promises and the driver kit does not ask for, on a double of the API server. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubeAccess } from '../../drivers/kubernetes/src/client/kube-access.js';
import { PATIENCE } from '../../drivers/kubernetes/src/nodes/patience.js';
import type { Patience } from '../../drivers/kubernetes/src/nodes/patience.js';
import { aProviderConfig } from '../../src/apps/driver-kit/builders.js';
import { driverContext } from '../../src/apps/driver-kit/driver-context.js';
import type { Provider } from '../../src/ports/compute/provider.js';
import type { Certificates } from '../support/certificates.js';
import { makeCertificates } from '../support/certificates.js';
import { eventually } from '../support/eventually.js';
import { FakeKubernetes } from '../support/fake-kubernetes/fake-kubernetes.js';
import type { KubeUser, KubeconfigFile } from '../support/fake-kubernetes/kubeconfig.js';
import { certificateUser, writeKubeconfig } from '../support/fake-kubernetes/kubeconfig.js';
import type { KubeDriverName } from '../support/kubernetes-bench.js';
import { kubeDriver, kubePool, kubeSpec } from '../support/kubernetes-bench.js';

const never = new AbortController().signal;
const ADMIN = { token: 'admin-token-1234' };

let certificates: Certificates;
let cloud: FakeKubernetes;
const undo: (() => void)[] = [];
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates.remove());
afterEach(async () => {
  for (const act of undo.splice(0)) act();
  await cloud.close();
});

async function givenCluster(openshift = false): Promise<FakeKubernetes> {
  cloud = await new FakeKubernetes(certificates, openshift).open();
  return cloud;
}

function kubeconfig(
  users: Readonly<Record<string, KubeUser>>,
  cluster?: Readonly<Record<string, unknown>>,
): KubeconfigFile {
  const written = writeKubeconfig(cloud, users, cluster);
  undo.push(() => written.remove());
  return written;
}

interface Given {
  readonly driver?: KubeDriverName;
  readonly context?: string | null;
  readonly file?: string;
  readonly label?: Readonly<Record<string, unknown>>;
  readonly pools?: readonly string[];
  readonly patience?: Partial<Patience>;
}

function provider({
  driver = 'kubernetes',
  context = 'admin',
  file,
  label,
  pools = ['main'],
  patience,
}: Given = {}): Provider {
  const KUBECONFIG = file ?? kubeconfig({ admin: ADMIN }).file;
  const pool = kubePool(label);
  const config = aProviderConfig({
    name: 'cluster',
    driver,
    settings: context === null ? {} : { context },
    pools: new Map(pools.map((name) => [name, { ...pool, name }])),
  });
  return kubeDriver(driver, { env: { KUBECONFIG }, patience: { ...PATIENCE, ...patience } }).createProvider(
    config,
    driverContext(),
  );
}

async function launched(provided: Provider, spec = kubeSpec('0000000001')): ReturnType<Provider['waitUntilRunning']> {
  return provided.waitUntilRunning(await provided.create(spec, never), spec, never);
}

const failure = (promise: Promise<unknown>): Promise<Error & { readonly kind?: string; readonly details?: object }> =>
  promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  );

describe('credentials [K1, K2]', () => {
  it.each<readonly [string, () => KubeUser]>([
    ['a token', () => ADMIN],
    ['a client certificate', () => certificateUser(certificates)],
    [
      'a client certificate in files',
      () => ({ 'client-certificate': certificates.client.cert, 'client-key': certificates.client.key }),
    ],
    ['name and password', () => ({ username: 'ann', password: 's3cret' })],
    ['a file with a token', () => ({ tokenFile: fileWith('token', 'admin-token-1234\n') })],
    ['an exec plug-in', () => ({ exec: pluginOf(`echo '${credential('admin-token-1234')}'`) })],
  ])('may be %s', async (_what, user) => {
    await givenCluster();
    cloud.users.passwords.set('ann', 's3cret');
    const one = provider({ file: kubeconfig({ admin: user() }).file });
    await one.start(never);
    await one.stop();
  });

  it('of an exec plug-in that fails are refused, without what it has printed [K29]', async () => {
    await givenCluster();
    const exec = pluginOf('echo token=s3cret-token >&2; exit 1');
    const error = await failure(provider({ file: kubeconfig({ admin: { exec } }).file }).start(never));
    expect(error).toMatchObject({ kind: 'authentication' });
    expect(error.message).toContain(`the exec plug-in ${exec.command} failed`);
    expect(JSON.stringify([error.message, error.stack])).not.toContain('s3cret-token');
  });

  it('are fetched anew when the server does not know them any more', async () => {
    await givenCluster();
    const token = fileWith('current', 'admin-token-1234');
    const exec = pluginOf(
      `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$(cat ${token})"`,
    );
    const one = provider({ file: kubeconfig({ admin: { exec } }).file });
    await one.start(never);
    cloud.users.tokens.clear();
    cloud.users.tokens.set('a-newer-token', 'admin');
    writeFileSync(token, 'a-newer-token');
    expect(await one.list(never)).toEqual([]);
    await one.stop();
  });

  it.each([
    ['is not there', 'other', /There is no context other in .*config; it has admin, second/],
    ['is missing altogether', null, /There is no kubeconfig: set KUBECONFIG/],
  ])('in a context that %s switch the provider off with the name of what is missing', async (_what, context, words) => {
    await givenCluster();
    const { file } = kubeconfig({ admin: ADMIN, second: ADMIN });
    const env = context === null ? { HOME: '/nowhere' } : { KUBECONFIG: file };
    await expect(kubeAccess(context, env)).rejects.toMatchObject({
      kind: 'configuration',
      message: expect.stringMatching(words) as unknown,
    });
  });

  it('of several files are merged, and what an earlier one says counts', async () => {
    await givenCluster();
    const first = kubeconfig({ admin: ADMIN });
    const second = kubeconfig({ admin: { token: 'other' }, more: { token: 'more-token' } });
    const KUBECONFIG = ['/no/such/file', first.file, second.file].join(path.delimiter);
    expect(await kubeAccess(null, { KUBECONFIG })).toMatchObject({ token: 'admin-token-1234' });
    expect(await kubeAccess('more', { KUBECONFIG })).toMatchObject({ token: 'more-token' });
  });

  it('are not told to a server that cannot prove itself', async () => {
    await givenCluster();
    const wrong = kubeconfig({ admin: ADMIN }, {});
    expect(await failure(provider({ file: wrong.file }).start(never))).toMatchObject({ kind: 'configuration' });
    const careless = provider({ file: kubeconfig({ admin: ADMIN }, { 'insecure-skip-tls-verify': true }).file });
    await careless.start(never);
    const { connectionPort } = await launched(careless);
    expect(connectionPort).toMatchObject({ skiptls: true });
    expect(connectionPort).not.toHaveProperty('ca_crt');
  });

  it('that may not list show at the start [K22]', async () => {
    await givenCluster();
    cloud.users.forbid = (_user, { resource }) => resource === 'namespaces';
    expect(await failure(provider().start(never))).toMatchObject({ kind: 'authentication' });
  });
});

describe('a node of the driver kubernetes', () => {
  it('is a namespace with an account, its token and a role [K8, K14, K15, K16]', async () => {
    await givenCluster();
    const label = { type: 'namespace', image: undefined };
    const spec = kubeSpec('0000000001', kubePool(label));
    const node = await launched(provider({ label }), spec);
    const name = node.externalId;
    expect(name).toMatch(/^main-[0-9a-f]{8}-0000000001$/);
    const { token } = node.connectionPort as { readonly token: string };
    expect(node).toMatchObject({
      interfaceIp: null,
      connectionType: 'namespace',
      cloud: 'admin',
      hostId: null,
      pythonPath: 'auto',
      connectionPort: { name, namespace: name, host: cloud.url, skiptls: false, user: 'zuul-worker', ca_crt: cloud.ca },
    });
    expect(node.connectionPort).not.toHaveProperty('pod');
    expect(cloud.users.tokens.get(token)).toBe(`system:serviceaccount:${name}:zuul-worker`);
    expect(cloud.names('roles', name)).toEqual(['zuul']);
    expect(
      cloud.users.mayDo(cloud.users.tokens.get(token)!, {
        verb: 'create',
        group: '',
        resource: 'pods',
        namespace: name,
      }),
    ).toBe(true);
    expect(cloud.names('pods', name)).toEqual([]);
  });

  it('is a pod in a namespace of its own [K8, K13, K14, K15, K16]', async () => {
    await givenCluster();
    const node = await launched(provider());
    const name = node.externalId;
    expect(node).toMatchObject({
      interfaceIp: 'pod',
      connectionType: 'kubectl',
      hostId: 'worker-1',
      connectionPort: { name, namespace: name, pod: 'pod', user: 'zuul-worker', ca_crt: cloud.ca },
    });
    expect(cloud.names('roles', name)).toEqual(['zuul-restricted']);
    expect(cloud.store.get('pods', name, 'pod')).toMatchObject({
      metadata: {
        labels: { nodepool_node_id: '0000000001', nodepool_provider_name: 'cluster', nodepool_pool_name: 'main' },
      },
    });
  });
});

describe('the role that the guide gives Nodepool', () => {
  interface Role {
    readonly rules: readonly { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[];
  }

  it.each([['namespace'], ['pod']])('is enough for nodes of type %s, from the start to the end', async (type) => {
    await givenCluster();
    const text = readFileSync(new URL('../../docs/guide/kubernetes.md', import.meta.url), 'utf8');
    const { rules } = parse(/```yml\n(apiVersion: rbac[\s\S]*?)```/.exec(text)![1]!) as Role;
    const refused: string[] = [];
    cloud.users.forbid = (_user, { group, resource, verb }) => {
      const may = rules.some(
        (rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
      );
      if (!may) refused.push(`${verb} ${resource}`);
      return !may;
    };
    const one = provider({ label: { type } });
    await one.start(never);
    const { externalId } = await launched(one, kubeSpec('0000000001', kubePool({ type })));
    expect(await one.list(never)).toHaveLength(1);
    await one.delete(externalId, never);
    expect(refused).toEqual([]);
  });
});

describe('a node of the OpenShift drivers', () => {
  it('is a project whose administrator clients are, and is found again though its labels are dropped [K9, K12, K15]', async () => {
    await givenCluster(true);
    const label = { type: 'project', image: undefined };
    const spec = kubeSpec('0000000001', kubePool(label));
    const one = provider({ driver: 'openshift', label });
    const node = await launched(one, spec);
    expect(node).toMatchObject({ connectionType: 'project', interfaceIp: null });
    expect(node.connectionPort).not.toHaveProperty('name');
    expect(cloud.store.get('namespaces', null, node.externalId)?.metadata.labels).toBeUndefined();
    expect(cloud.store.get('rolebindings', node.externalId, 'admin-0')).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: 'admin' },
    });
    expect(await one.list(never)).toEqual([
      { externalId: node.externalId, metadata: spec.metadata, resources: one.resourcesOf(spec.pool, spec.label) },
    ]);
    await one.delete(node.externalId, never);
    expect(cloud.names('namespaces')).toEqual([]);
  });

  it('is a project at most, where there may be no more of them [K19]', async () => {
    await givenCluster(true);
    cloud.mostProjects = 1;
    const one = provider({ driver: 'openshift' });
    await launched(one);
    expect(await failure(one.create(kubeSpec('0000000002'), never))).toMatchObject({ kind: 'quota' });
  });

  it('is a pod in the project of the pool, used with the token of the context [K10, K14, K15, K16]', async () => {
    await givenProject('main');
    const one = provider({ driver: 'openshiftpods' });
    const node = await launched(one);
    const [pod = ''] = cloud.names('pods', 'main');
    expect(pod).toMatch(/^pod-[0-9a-f]{8}-0000000001$/);
    expect(node).toMatchObject({
      externalId: `main-${pod}`,
      interfaceIp: pod,
      hostId: 'worker-1',
      connectionType: 'kubectl',
      connectionPort: { pod, namespace: 'main', token: ADMIN.token, ca_crt: cloud.ca, user: 'zuul-worker' },
    });
    expect(cloud.names('secrets')).toEqual([]);
  });

  it('cannot be had with a context that has no token [K15]', async () => {
    await givenProject('main');
    const { file } = kubeconfig({ admin: certificateUser(certificates) });
    const error = await failure(provider({ driver: 'openshiftpods', file }).start(never));
    expect(error).toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('Context admin has no token') as unknown,
    });
  });

  it('is deleted in the right project, though its id can be read in two ways [K27]', async () => {
    await givenProject('main', 'main-pod');
    const one = provider({ driver: 'openshiftpods', pools: ['main', 'main-pod'] });
    const { externalId } = await launched(one);
    await one.delete(externalId, never);
    expect(cloud.names('pods')).toEqual([]);
  });

  it('has the limits of the quotas, and counts pods of others [K18]', async () => {
    await givenProject('main');
    cloud.add('resourcequotas', 'main', {
      metadata: { name: 'q' },
      spec: { hard: { pods: '2', 'requests.cpu': '3' } },
    });
    const one = provider({ driver: 'openshiftpods' });
    expect(await one.limits(never)).toEqual({ instances: 2, cores: 3 });
    const containers = [{ name: 'c', image: 'i', resources: { requests: { cpu: '1500m' } } }];
    cloud.add('pods', 'main', { metadata: { name: 'theirs' }, spec: { containers } });
    expect(await one.list(never)).toEqual([
      { externalId: 'main-theirs', metadata: {}, resources: { instances: 1, cores: 1.5 } },
    ]);
    const error = await failure(one.create(kubeSpec('0000000001'), never));
    expect(error).toMatchObject({ kind: 'quota', message: expect.stringContaining('exceeded quota: q') as unknown });
    cloud.users.forbid = (_user, { resource }) => resource === 'resourcequotas';
    expect(await one.limits(never)).toEqual({});
  });
});

async function givenProject(...names: readonly string[]): Promise<void> {
  await givenCluster(true);
  for (const name of names) {
    cloud.add('namespaces', null, { metadata: { name } });
    cloud.add('serviceaccounts', name, { metadata: { name: 'default' } });
  }
}

describe('waiting [K24, K25]', () => {
  it('is done by watching: the server is hardly asked', async () => {
    await givenCluster();
    cloud.knobs.bootTime = 0.6;
    await launched(provider());
    expect(
      cloud.seen.filter(({ resource, method, watch }) => resource === 'pods' && method === 'GET' && !watch),
    ).toHaveLength(1);
    expect(cloud.seen.filter(({ resource, watch }) => resource === 'pods' && watch)).toHaveLength(1);
  });

  it('survives connections that break, and goes on where it was', async () => {
    await givenCluster();
    cloud.knobs.bootTime = 0.5;
    const one = provider();
    const spec = kubeSpec('0000000001');
    const id = await one.create(spec, never);
    const running = one.waitUntilRunning(id, spec, never);
    await eventually('the pod is watched', () => watches() === 1);
    cloud.breakConnections();
    expect(await running).toMatchObject({ interfaceIp: 'pod' });
    expect(watches()).toBeGreaterThan(1);
    expect(
      cloud.seen.filter(({ resource, method, watch }) => resource === 'pods' && method === 'GET' && !watch),
    ).toHaveLength(1);
  });

  it('begins anew when the server has forgotten what happened since', async () => {
    await givenCluster();
    cloud.knobs.bootTime = 0.5;
    const one = provider();
    const spec = kubeSpec('0000000001');
    const id = await one.create(spec, never);
    const running = one.waitUntilRunning(id, spec, never);
    await eventually('the pod is watched', () => watches() === 1);
    cloud.store.compact();
    cloud.breakConnections();
    expect(await running).toMatchObject({ interfaceIp: 'pod' });
    const lists = cloud.seen.filter(({ resource, method, watch }) => resource === 'pods' && method === 'GET' && !watch);
    expect(lists.length).toBeGreaterThan(1);
  });

  it('is done by looking where a role allows no more', async () => {
    await givenCluster();
    cloud.users.forbid = (_user, { resource, verb }) =>
      ['pods', 'secrets'].includes(resource) && verb !== 'get' && verb !== 'create';
    expect(await launched(provider())).toMatchObject({ interfaceIp: 'pod', connectionType: 'kubectl' });
  });

  it('for a token has an end', async () => {
    await givenCluster();
    cloud.knobs.tokenTime = 60;
    const error = await failure(launched(provider({ patience: { token: 0.2 } })));
    expect(error).toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('No token for zuul-worker') as unknown,
    });
  });

  it('is helped by a server that has too much to do, and says so [K22]', async () => {
    await givenCluster();
    const one = provider();
    cloud.trouble(({ watch }) => watch, { status: 429, retryAfter: 0 });
    cloud.trouble(({ watch }) => watch, { status: 503 });
    cloud.trouble(({ resource }) => resource === 'secrets', { delay: 0.2 });
    expect(await launched(one)).toMatchObject({ interfaceIp: 'pod' });
  });
});

const watches = (): number => cloud.seen.filter(({ resource, watch }) => resource === 'pods' && watch).length;

describe('making and deleting', () => {
  it('waits for a namespace that is just going away, and makes it anew [K23]', async () => {
    await givenCluster();
    cloud.knobs.teardownTime = 0.3;
    const one = provider();
    const first = await launched(one);
    cloud.removeNow('namespaces', null, first.externalId);
    const again = await launched(one);
    expect(again.externalId).toBe(first.externalId);
    expect(cloud.store.get('namespaces', null, first.externalId)?.metadata.deletionTimestamp).toBeUndefined();
  });

  it('never uses what somebody else has made by that name [K23]', async () => {
    await givenCluster();
    const one = provider();
    const { externalId } = await launched(one);
    await one.delete(externalId, never);
    cloud.add('namespaces', null, { metadata: { name: externalId } });
    const error = await failure(one.create(kubeSpec('0000000001'), never));
    expect(error).toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('of somebody else') as unknown,
    });
  });

  it('gives a new namespace the time to know its accounts', async () => {
    await givenCluster();
    cloud.knobs.accountTime = 0.6;
    expect(await launched(provider())).toMatchObject({ interfaceIp: 'pod' });
  });

  it('leaves nothing when a quota shows only in the namespace [K19]', async () => {
    await givenCluster();
    cloud.knobs.mostPods = 0;
    const error = await failure(provider().create(kubeSpec('0000000001'), never));
    expect(error).toMatchObject({ kind: 'quota' });
    expect(cloud.names('namespaces')).toEqual([]);
  });

  it('names the finalizers that keep a namespace [K26]', async () => {
    await givenCluster();
    const one = provider({ patience: { deletion: 0.3 } });
    const { externalId } = await launched(one);
    cloud.knobs.finalizer = 'storage.example/hold';
    const error = await failure(one.delete(externalId, never));
    expect(error).toMatchObject({ kind: 'transient', details: { externalId } });
    expect(error.message).toContain(
      `${externalId} is still there after 0.3 s: finalizers kubernetes; Some content in the namespace has finalizers remaining: storage.example/hold`,
    );
  });

  it('deletes no namespace without marks, whoever asks for it [K27]', async () => {
    await givenCluster();
    cloud.add('namespaces', null, { metadata: { name: 'kube-system' } });
    expect(await failure(provider().delete('kube-system', never))).toMatchObject({ kind: 'configuration' });
    expect(cloud.names('namespaces')).toEqual(['kube-system']);
  });

  it('finds and deletes what daemons of the original made [K28]', async () => {
    await givenCluster();
    const labels = { nodepool_node_id: '0000000007', nodepool_provider_name: 'cluster', nodepool_pool_name: 'main' };
    cloud.add('namespaces', null, { metadata: { name: 'main-0000000007', labels } });
    cloud.add('namespaces', null, {
      metadata: { name: 'main-0000000008', labels: { ...labels, nodepool_provider_name: 'other' } },
    });
    const one = provider();
    expect(await one.list(never)).toEqual([
      { externalId: 'main-0000000007', metadata: labels, resources: { instances: 1 } },
    ]);
    await one.delete('main-0000000007', never);
    expect(cloud.names('namespaces')).toEqual(['main-0000000008']);
  });

  it('finds all of many, page by page', async () => {
    await givenCluster();
    for (let number = 0; number < 501; number += 1) {
      const labels = { nodepool_node_id: String(number), nodepool_provider_name: 'cluster' };
      cloud.add('namespaces', null, { metadata: { name: `main-${number}`, labels } });
    }
    expect(await provider().list(never)).toHaveLength(501);
  });
});

describe('no secret [K29]', () => {
  it('is in what fails, whatever fails', async () => {
    await givenCluster();
    const one = provider({ patience: { image: 0.1 } });
    cloud.knobs.images = { 'docker.io/debian:12': 'ErrImagePull' };
    const spec = kubeSpec('0000000001');
    const id = await one.create(spec, never);
    const errors = [await failure(one.waitUntilRunning(id, spec, never))];
    for (const trouble of [{ status: 500 }, { lose: true }, { status: 422, message: 'odd' }]) {
      cloud.trouble(() => true, trouble);
      errors.push(await failure(one.create(kubeSpec('0000000002'), never)));
    }
    const words = errors.map((error) => `${error.message} ${error.stack} ${JSON.stringify(error)}`).join('\n');
    expect(errors.map(({ kind }) => kind)).toEqual(['transient', 'transient', 'transient', 'configuration']);
    for (const secret of ['admin-token-1234', 'account-token', 'BEGIN CERTIFICATE', cloud.ca])
      expect(words).not.toContain(secret);
  });
});

function credential(token: string): string {
  return JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } });
}

function fileWith(name: string, text: string): string {
  const { folder } = kubeconfig({ any: {} });
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

function pluginOf(script: string): {
  readonly apiVersion: string;
  readonly command: string;
  readonly interactiveMode: string;
} {
  const command = fileWith('plugin', `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o755);
  return { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' };
}
