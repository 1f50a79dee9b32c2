/** The pod of a label, as the API server is asked for it [K13]. */
import type { Amounts, LabelSettings } from '../config/label-settings.js';
import { dnsLabel } from './names.js';

export interface PodWanted {
  readonly name: string;
  readonly label: string;
  readonly settings: LabelSettings;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

type Body = Record<string, unknown>;

export function podBody({ name, label, settings, labels, annotations }: PodWanted): Readonly<Body> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, annotations: { ...settings.annotations, ...annotations } },
    spec: settings.spec ?? specOf(label, settings),
  };
}

function specOf(label: string, settings: LabelSettings): Body {
  return {
    containers: [containerOf(label, settings)],
    ...given('imagePullSecrets', settings.imagePullSecrets.length > 0 ? settings.imagePullSecrets : undefined),
    ...given('nodeSelector', settings.nodeSelector),
    ...given('schedulerName', settings.schedulerName),
    ...given('volumes', settings.volumes),
  };
}

function containerOf(label: string, settings: LabelSettings): Body {
  const { privileged } = settings;
  const resources = { ...part('requests', settings.requests, settings), ...part('limits', settings.limits, settings) };
  return {
    name: dnsLabel(label),
    image: settings.image,
    imagePullPolicy: settings.imagePull,
    command: ['/bin/sh', '-c'],
    args: ['while true; do sleep 30; done;'],
    env: settings.env,
    ...given('resources', Object.keys(resources).length > 0 ? resources : undefined),
    ...given('volumeMounts', settings.volumeMounts),
    ...given('securityContext', privileged === undefined ? undefined : { privileged }),
  };
}

function part(name: string, { cpu, memory, storage }: Amounts, { gpu, gpuResource }: LabelSettings): Body {
  const amounts: Body = {};
  if (cpu) amounts['cpu'] = cpu;
  if (memory) amounts['memory'] = `${memory}Mi`;
  if (storage) amounts['ephemeral-storage'] = `${storage}M`;
  if (gpu && gpuResource) amounts[gpuResource] = gpu.toFixed(2);
  return Object.keys(amounts).length > 0 ? { [name]: amounts } : {};
}

function given(key: string, value: unknown): Body {
  return value === undefined ? {} : { [key]: value };
}
