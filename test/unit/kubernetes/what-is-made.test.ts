import { describe, expect, it } from 'vitest';
import { labelSettings } from '../../../drivers/kubernetes/src/config/label-settings.js';
import { annotationsOf, descriptionOf, labelsOf, marksOf } from '../../../drivers/kubernetes/src/made/marks.js';
import { dnsName, fitsLabel, nodeName } from '../../../drivers/kubernetes/src/made/names.js';
import { podBody } from '../../../drivers/kubernetes/src/made/pod-body.js';
import { resourcesOf } from '../../../drivers/kubernetes/src/made/resources.js';
import { role, roleBinding, tokenSecret } from '../../../drivers/kubernetes/src/nodes/furniture.js';
import { kubeSpec } from '../../support/kubernetes-bench.js';

type Values = Readonly<Record<string, unknown>>;
const settingsOf = (label: Values, pool: Values = {}): ReturnType<typeof labelSettings> =>
  labelSettings({ settings: pool }, { settings: label });
const bodyOf = (label: Values, pool: Values = {}): Record<string, unknown> =>
  podBody({
    name: 'pod',
    label: 'pod',
    settings: settingsOf(label, pool),
    labels: { a: 'b' },
    annotations: { mark: 'm' },
  });
const containerOf = (label: Values, pool: Values = {}): unknown =>
  (bodyOf(label, pool)['spec'] as { readonly containers: readonly unknown[] }).containers[0];

describe('the pod of a label', () => {
  it('is what the original would ask for [K13]', () => {
    expect(bodyOf({ type: 'pod', image: 'debian:12' })).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pod', labels: { a: 'b' }, annotations: { mark: 'm' } },
      spec: {
        containers: [
          {
            name: 'pod',
            image: 'debian:12',
            imagePullPolicy: 'IfNotPresent',
            command: ['/bin/sh', '-c'],
            args: ['while true; do sleep 30; done;'],
            env: [],
          },
        ],
      },
    });
  });

  it('has all that a label can say of it [K5, K13]', () => {
    const body = bodyOf({
      image: 'x',
      'image-pull': 'Always',
      'image-pull-secrets': [{ name: 'key' }],
      cpu: 2,
      memory: 1024,
      storage: 10,
      'cpu-limit': 4,
      gpu: 0.5,
      'gpu-resource': 'nvidia.com/gpu',
      env: [{ name: 'A', value: 'b' }],
      'node-selector': { disk: 'ssd' },
      'scheduler-name': 'own',
      privileged: false,
      volumes: [{ name: 'v', emptyDir: {} }],
      'volume-mounts': [{ name: 'v', mountPath: '/v' }],
      annotations: { note: 'n' },
    });
    const common = { 'ephemeral-storage': '10M', memory: '1024Mi', 'nvidia.com/gpu': '0.50' };
    expect(body).toMatchObject({
      metadata: { annotations: { note: 'n', mark: 'm' } },
      spec: {
        imagePullSecrets: [{ name: 'key' }],
        nodeSelector: { disk: 'ssd' },
        schedulerName: 'own',
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          {
            imagePullPolicy: 'Always',
            env: [{ name: 'A', value: 'b' }],
            resources: { requests: { cpu: 2, ...common }, limits: { cpu: 4, ...common } },
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
            securityContext: { privileged: false },
          },
        ],
      },
    });
    expect(JSON.stringify(body)).not.toContain('restartPolicy');
  });

  it('has the first limit that anybody says: label, default of the pool, request, default of the request [K7]', () => {
    const pool = { 'default-label-cpu': 1, 'default-label-cpu-limit': 8, 'default-label-memory': 512 };
    expect(containerOf({ image: 'x', cpu: 2, 'cpu-limit': 3 }, pool)).toMatchObject({
      resources: { requests: { cpu: 2, memory: '512Mi' }, limits: { cpu: 3, memory: '512Mi' } },
    });
    expect(containerOf({ image: 'x', cpu: 2 }, pool)).toMatchObject({
      resources: { requests: { cpu: 2 }, limits: { cpu: 8 } },
    });
    expect(containerOf({ image: 'x', memory: 256 }, {})).toMatchObject({
      resources: { requests: { memory: '256Mi' }, limits: { memory: '256Mi' } },
    });
    expect(containerOf({ image: 'x' })).not.toHaveProperty('resources');
  });

  it('is a specification of its own, word for word [K5, K13]', () => {
    const spec = { containers: [{ name: 'mine', image: 'y' }], restartPolicy: 'Never' };
    const body = bodyOf({ spec, annotations: { note: 'n' } }, { 'default-label-cpu': 4 });
    expect(body['spec']).toEqual(spec);
    expect(body).toMatchObject({ metadata: { labels: { a: 'b' }, annotations: { note: 'n' } } });
  });
});

describe('what a node takes [K17]', () => {
  it('is what its label asks for', () => {
    const label = {
      cpu: 2,
      memory: 512,
      storage: 20,
      gpu: 1,
      'gpu-resource': 'gpu',
      'extra-resources': { licence: 3 },
    };
    expect(resourcesOf(settingsOf(label, { 'default-label-extra-resources': { licence: 1, seat: 1 } }))).toEqual({
      instances: 1,
      cores: 2,
      ram: 512,
      'ephemeral-storage': 20,
      gpu: 1,
      licence: 3,
      seat: 1,
    });
  });

  it('is one instance, where a specification says the rest', () => {
    expect(resourcesOf(settingsOf({ spec: {} }, { 'default-label-cpu': 4 }))).toEqual({ instances: 1 });
  });
});

describe('names [K10, K11]', () => {
  const spec = { nodeId: '0000000123', idempotencyKey: 'here/cluster/0000000123' };

  it('begin and end like those of the original, and tell installations apart', () => {
    expect(nodeName('main', spec)).toMatch(/^main-[0-9a-f]{8}-0000000123$/);
    expect(nodeName('main', spec)).toBe(nodeName('main', { ...spec }));
    expect(nodeName('main', { ...spec, idempotencyKey: 'there/cluster/0000000123' })).not.toBe(nodeName('main', spec));
  });

  it.each([['My_Pool'], ['x'.repeat(80)], ['-pool-'], ['π']])('of %s are names that Kubernetes takes', (pool) => {
    expect(nodeName(pool, spec)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/);
  });

  it('of pods keep their dots', () => {
    expect(dnsName('Debian-12.5_x')).toBe('debian-12.5-x');
  });
});

describe('marks [K12]', () => {
  const plain = kubeSpec('0000000001');
  const metadata = { ...plain.metadata, groups: 'a,b', team: 'blue', odd: 'two words', '/': 'x' };
  const spec = { ...plain, metadata };

  it('are labels as far as they fit, ours in any case', () => {
    const labels = labelsOf({ metadata: { ...metadata, nodepool_pool_name: 'A pool, of mine!' } });
    expect(labels).toMatchObject({ nodepool_node_id: '0000000001', nodepool_installation_id: 'tests', team: 'blue' });
    expect(labels['nodepool_pool_name']).toBe('A-pool-of-mine');
    expect(Object.keys(labels).sort()).toEqual(
      ['nodepool_installation_id', 'nodepool_node_id', 'nodepool_pool_name', 'nodepool_provider_name', 'team'].sort(),
    );
    expect(Object.values(labels).every(fitsLabel)).toBe(true);
  });

  it.each([
    ['an annotation', { annotations: annotationsOf(spec, { instances: 1, cores: 2 }) }],
    ['a description', { annotations: { 'openshift.io/description': descriptionOf(spec, { instances: 1, cores: 2 }) } }],
  ])('are read again from %s, all of them', (_where, found) => {
    expect(marksOf({ metadata: { name: 'n', ...found } })).toEqual({
      key: spec.idempotencyKey,
      metadata,
      resources: { instances: 1, cores: 2 },
    });
  });

  it('of the original are labels alone', () => {
    const labels = { nodepool_node_id: '7', nodepool_provider_name: 'cluster', nodepool_pool_name: 'main' };
    expect(marksOf({ metadata: { name: 'main-7', labels } })).toEqual({
      key: null,
      metadata: labels,
      resources: { instances: 1 },
    });
  });

  it.each([['{'], ['null'], ['{"key":1,"metadata":{}}'], ['{"key":"k"}']])(
    'that somebody else wrote, %s, are none',
    (text) => {
      expect(marksOf({ metadata: { name: 'n', annotations: { 'nodepool/node': text } } })).toBeNull();
    },
  );
});

describe('what clients may do [K8]', () => {
  it('is as in the original, and reading logs', () => {
    expect(role(false).body).toMatchObject({ metadata: { name: 'zuul' }, rules: [{ apiGroups: [''] }] });
    expect(role(true).body).toMatchObject({
      metadata: { name: 'zuul-restricted' },
      rules: [
        { resources: ['pods'], verbs: ['get', 'list'] },
        { resources: ['pods/exec', 'pods/log', 'pods/portforward'] },
      ],
    });
    expect(roleBinding('main-1', true).body).toMatchObject({
      metadata: { name: 'zuul-role' },
      roleRef: { kind: 'Role', name: 'zuul-restricted' },
      subjects: [{ kind: 'ServiceAccount', name: 'zuul-worker', namespace: 'main-1' }],
    });
    expect(tokenSecret().body).toMatchObject({
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'zuul-worker', annotations: { 'kubernetes.io/service-account.name': 'zuul-worker' } },
    });
  });
});
