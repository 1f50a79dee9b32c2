import { createHash } from 'node:crypto';
import type { InstanceSpec } from 'nodepool/driver';

const LONGEST = 63;
const MARK = 8;

/** Told by installation, provider and node: the same when it is launched again, another one anywhere else [K11]. */
export function markOf({ idempotencyKey }: Pick<InstanceSpec, 'idempotencyKey'>): string {
  return createHash('sha256').update(idempotencyKey).digest('hex').slice(0, MARK);
}

/** `<first>-<mark>-<node id>`: begins and ends as the original's names do. */
export function nodeName(first: string, spec: Pick<InstanceSpec, 'idempotencyKey' | 'nodeId'>): string {
  const end = `-${markOf(spec)}-${spec.nodeId}`;
  return `${dnsLabel(first, LONGEST - end.length)}${dnsLabel(end, LONGEST, false)}`;
}

/** What Kubernetes takes for a name of the narrowest kind: containers, namespaces. */
export function dnsLabel(text: string, longest = LONGEST, trimmed = true): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, longest);
  return trimmed ? plain.replace(/^-+|-+$/g, '') || 'x' : plain;
}

/** What it takes for a name of a pod: with dots. */
export function dnsName(text: string): string {
  const parts = text.toLowerCase().split('.');
  return parts
    .map((part) => dnsLabel(part))
    .join('.')
    .slice(0, 253);
}

/** Would Kubernetes take this as the value of a label? */
export function fitsLabel(value: string): boolean {
  return /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/.test(value);
}

/** The closest that it takes. */
export function labelValue(value: string): string {
  if (fitsLabel(value)) return value;
  const plain = value.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(0, LONGEST);
  return plain.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

/** Would it take this as the key of a label? */
export function fitsLabelKey(key: string): boolean {
  const [, prefix, name = ''] = /^(?:([^/]+)\/)?([^/]+)$/.exec(key) ?? [];
  const dns = prefix === undefined || /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(prefix);
  return dns && name !== '' && fitsLabel(name);
}
