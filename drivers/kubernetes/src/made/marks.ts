/** What a node is recognized by [K12]. */
import type { InstanceSpec, Resources } from 'nodepool/driver';
import type { KubeObject } from '../client/objects.js';
import { fitsLabel, fitsLabelKey, labelValue } from './names.js';

const ANNOTATION = 'nodepool/node';
/** Where OpenShift keeps the only text that whoever asks for a project may choose. */
const DESCRIPTION = 'openshift.io/description';
const PREFIX = 'Nodepool node: ';
export const PROVIDER_LABEL = 'nodepool_provider_name';
const NODE_LABEL = 'nodepool_node_id';

/** All that has to be known again after a restart. */
export interface Marks {
  readonly key: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly resources: Resources;
}

/** Labels can be searched, but hold less than metadata may: what does not fit is in the annotation alone. */
export function labelsOf({ metadata }: Pick<InstanceSpec, 'metadata'>): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata)) {
    if (key.startsWith('nodepool_')) labels[key] = labelValue(value);
    // Put together by Nodepool for inventories, with commas.
    else if (key !== 'groups' && fitsLabelKey(key) && fitsLabel(value)) labels[key] = value;
  }
  return labels;
}

export function annotationsOf(
  spec: Pick<InstanceSpec, 'idempotencyKey' | 'metadata'>,
  resources: Resources,
): Readonly<Record<string, string>> {
  return { [ANNOTATION]: written(spec, resources) };
}

export function descriptionOf(spec: Pick<InstanceSpec, 'idempotencyKey' | 'metadata'>, resources: Resources): string {
  return PREFIX + written(spec, resources);
}

function written(spec: Pick<InstanceSpec, 'idempotencyKey' | 'metadata'>, resources: Resources): string {
  return JSON.stringify({ key: spec.idempotencyKey, metadata: spec.metadata, resources });
}

/** Null for what is no node: of somebody else. Nodes that daemons of the original made have their labels only. */
export function marksOf({ metadata: { annotations = {}, labels = {} } }: KubeObject): Marks | null {
  const description = annotations[DESCRIPTION] ?? '';
  const text =
    annotations[ANNOTATION] ?? (description.startsWith(PREFIX) ? description.slice(PREFIX.length) : undefined);
  const marks = text === undefined ? null : parsed(text);
  if (marks) return marks;
  if (labels[NODE_LABEL] === undefined || labels[PROVIDER_LABEL] === undefined) return null;
  return { key: null, metadata: labels, resources: { instances: 1 } };
}

/** Anybody may have written it. */
function parsed(text: string): Marks | null {
  try {
    const { key, metadata, resources } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const texts = textsOf(metadata);
    if (typeof key !== 'string' || texts === null) return null;
    return { key, metadata: texts, resources: { instances: 1, ...amountsOf(resources) } };
  } catch {
    return null;
  }
}

function textsOf(value: unknown): Readonly<Record<string, string>> | null {
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function amountsOf(value: unknown): Resources {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, number] => Number.isFinite(entry[1]) && Number(entry[1]) >= 0,
    ),
  );
}
