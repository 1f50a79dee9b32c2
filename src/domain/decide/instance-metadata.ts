/**
 * The metadata of an instance: the keys of both eras, so that leak checks and inventories of either find them
 * (OPERATION "Metadata", spec LAUNCHER 2.7, 4.5). Nodepool's own keys win over the user's, except `groups`.
 */
import { installationMark } from './installation.js';
import type { NodeRequest } from '../model/request.js';

export interface MetadataInput {
  readonly nodeId: string;
  readonly pool: string;
  readonly provider: string;
  readonly label: string;
  /** Disk image or cloud image name; null for none. */
  readonly image: string | null;
  /** The installation's id; null if it has none. */
  readonly installation: string | null;
  /** Fixed and dynamic ones together. */
  readonly instanceProperties: Readonly<Record<string, string>>;
}

export function instanceMetadata(input: MetadataInput): Readonly<Record<string, string>> {
  const groups = [input.provider, input.image, input.label].filter((name) => name !== null).join(',');
  return {
    groups,
    ...input.instanceProperties,
    nodepool_node_id: input.nodeId,
    nodepool_pool_name: input.pool,
    nodepool_provider_name: input.provider,
    nodepool_node_label: input.label,
    ...(input.image === null ? {} : { nodepool_image_name: input.image }),
    ...installationMark(input.installation),
  };
}

/** `{label.name}-{provider.name}-{node.id}` and the like, filled in (spec BUILDER 1.6). Unknown fields stay as written. */
export function formatHostname(format: string, values: { label: string; provider: string; nodeId: string }): string {
  return format
    .replaceAll('{label.name}', values.label)
    .replaceAll('{provider.name}', values.provider)
    .replaceAll('{node.id}', values.nodeId);
}

export interface DynamicProperties {
  readonly properties: Readonly<Record<string, string>>;
  /** Why a property was left out, one text each. */
  readonly problems: readonly string[];
}

/**
 * `dynamic-instance-properties`: templates such as `{request.tenant_name}` or `{request.requestor_data[job_name]}`, filled in as
 * Python would (spec LAUNCHER 2.7, BUILDER 1.6). What cannot be filled in is left out.
 */
export function dynamicProperties(
  templates: Readonly<Record<string, string>>,
  id: string,
  request: NodeRequest,
): DynamicProperties {
  const fields = safeFields(id, request);
  const properties: Record<string, string> = {};
  const problems: string[] = [];
  for (const [name, template] of Object.entries(templates)) {
    const filled = fillIn(template, fields);
    if ('text' in filled) properties[name] = filled.text;
    else problems.push(`${name}: ${filled.problem}`);
  }
  return { properties, problems };
}

/** What a template may use of a request: nothing that a client must not see. */
function safeFields(id: string, request: NodeRequest): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['id', id],
    ['labels', request.nodeTypes],
    ['requestor', request.requestor],
    ['requestor_data', request.requestorData],
    ['relative_priority', request.relativePriority],
    ['event_id', request.eventId],
    ['created_time', request.createdTime === null ? null : pythonFloat(request.createdTime)],
    ['tenant_name', request.tenantName],
  ]);
}

function fillIn(
  template: string,
  fields: ReadonlyMap<string, unknown>,
): { readonly text: string } | { readonly problem: string } {
  let problem: string | undefined;
  const text = template.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found, path: string | undefined) => {
    if (found === '{{' || found === '}}') return found.charAt(0);
    if (path === undefined) problem ??= 'the braces do not match';
    const value = path === undefined ? undefined : lookUp(path, fields);
    if (value === undefined) problem ??= `{${path ?? ''}} is not known`;
    return pythonText(value);
  });
  return problem === undefined ? { text } : { problem };
}

/** `request.<field>`, and keys or positions in brackets below it; undefined when there is no such thing. */
function lookUp(path: string, fields: ReadonlyMap<string, unknown>): unknown {
  const [, field = '', keys = ''] = /^request\.(\w+)((?:\[[^\]]+\])*)(?:!s)?$/.exec(path) ?? [];
  let value = fields.get(field);
  for (const [, key = ''] of keys.matchAll(/\[([^\]]+)\]/g)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function pythonFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** A value as Python's `str` shows it. */
function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
    return `${quote}${value.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\n', '\\n')}${quote}`;
  }
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return `{${entries.map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`).join(', ')}}`;
}
