/** The keys of the three drivers' sections [K3, K4, K5]. */
import type { DriverConfigSchema, KeyDescription, SectionDescription } from 'nodepool/driver';
import { labelCheck } from './label-problems.js';

const LIMITS: SectionDescription = {
  'max-servers': { kind: 'integer', about: 'most nodes of a pool that does not say it itself' },
  'max-cores': { kind: 'integer', about: 'most cores of a pool that does not say it itself' },
  'max-ram': { kind: 'integer', about: 'most memory of a pool that does not say it itself, in MiB' },
  'max-resources': { kind: 'integer-map', about: 'most of other resources of each pool' },
};

const POOL: SectionDescription = {
  'default-label-cpu': { kind: 'integer', about: 'cores of pods whose label does not say it' },
  'default-label-memory': { kind: 'integer', about: 'memory of pods whose label does not say it, in MiB' },
  'default-label-storage': { kind: 'integer', about: 'ephemeral storage of pods whose label does not say it, in MB' },
  'default-label-cpu-limit': { kind: 'integer', about: 'limit of cores of pods whose label does not say it' },
  'default-label-memory-limit': {
    kind: 'integer',
    about: 'limit of memory of pods whose label does not say it, in MiB',
  },
  'default-label-storage-limit': {
    kind: 'integer',
    about: 'limit of storage of pods whose label does not say it, in MB',
  },
  'default-label-extra-resources': { kind: 'integer-map', about: 'what else counts for the limits of pools' },
};

const POD: SectionDescription = {
  image: { kind: 'text', about: 'image of the container' },
  'image-pull': { kind: 'text', choices: ['IfNotPresent', 'Always', 'Never'], about: 'when the image is pulled' },
  'image-pull-secrets': { kind: 'map-list', about: 'secrets to pull the image with: a list of {name: …}' },
  cpu: { kind: 'integer', about: 'cores to request' },
  memory: { kind: 'integer', about: 'memory to request, in MiB' },
  storage: { kind: 'integer', about: 'ephemeral storage to request, in MB' },
  'cpu-limit': { kind: 'integer', about: 'most cores' },
  'memory-limit': { kind: 'integer', about: 'most memory, in MiB' },
  'storage-limit': { kind: 'integer', about: 'most ephemeral storage, in MB' },
  gpu: { kind: 'number', about: 'GPUs, as requests and limits' },
  'gpu-resource': { kind: 'text', about: 'what the cluster calls its GPUs, e.g. nvidia.com/gpu' },
  'extra-resources': { kind: 'integer-map', about: 'what else counts for the limits of pools' },
  env: { kind: 'map-list', about: 'variables of the container: a list of {name: …, value: …}' },
  'node-selector': { kind: 'text-map', about: 'labels of the machines that may run the pod' },
  'scheduler-name': { kind: 'text', about: 'scheduler of the pod' },
  privileged: { kind: 'flag', about: 'whether the container is privileged' },
  volumes: { kind: 'map-list', about: 'volumes of the pod, as Kubernetes describes them' },
  'volume-mounts': { kind: 'map-list', about: 'volume mounts of the container, as Kubernetes describes them' },
  'python-path': { kind: 'text', about: "Python of the node, for Zuul; default 'auto'" },
  'shell-type': { kind: 'text', about: 'shell of the node, for Zuul' },
  spec: { kind: 'map', about: 'the whole specification of the pod, instead of all of these keys' },
  labels: { kind: 'text-map', as: 'instance-properties', about: 'labels of namespace and pod' },
  'dynamic-labels': {
    kind: 'text-map',
    as: 'dynamic-instance-properties',
    about: 'the same, with {request.…} filled in',
  },
  annotations: { kind: 'text-map', about: 'annotations of the pod' },
};

export interface Differences {
  /** Must the section name a context? */
  readonly contextRequired: boolean;
  /** The driver's own name of `max-servers`. */
  readonly most: string | null;
  /** Types of labels; null: pods only. */
  readonly types: readonly string[] | null;
}

export function configSchema({ contextRequired, most, types }: Differences): DriverConfigSchema {
  const context: KeyDescription = { kind: 'text', required: contextRequired, about: 'context of the kubeconfig' };
  const own: SectionDescription =
    most === null ? {} : { [most]: { kind: 'integer', about: 'another name of max-servers' } };
  const type: SectionDescription =
    types === null
      ? {}
      : { type: { kind: 'text', required: true, choices: types, about: `one of ${types.join(', ')}` } };
  return {
    provider: { context, ...LIMITS, ...own },
    pool: POOL,
    label: { ...type, ...POD },
    poolDefaults: {
      'max-servers': most === null ? ['max-servers'] : [most, 'max-servers'],
      'max-cores': ['max-cores'],
      'max-ram': ['max-ram'],
      'max-resources': ['max-resources'],
    },
    checks: { label: labelCheck(types) },
  };
}
