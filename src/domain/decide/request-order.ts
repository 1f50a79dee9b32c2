/** In which order a pool looks at requests (spec LAUNCHER 2.3): serveable ones first, then by priority, then by age. */
import { parseRequestId } from '../model/request.js';
import type { NodeRequest } from '../model/request.js';
import type { Stored } from '../model/stored.js';

/** Costs little for requests that come in nearly this order, and next to nothing for those that are in it. */
export function orderRequests(
  requests: readonly Stored<NodeRequest>[],
  labels: { has(label: string): boolean },
): readonly Stored<NodeRequest>[] {
  if (inOrder(requests, labels)) return requests;
  const keyed = requests.map((request) => ({ request, missing: missingOf(request, labels), key: keyOf(request) }));
  keyed.sort((a, b) => a.missing - b.missing || compareKeys(a.key, b.key));
  return keyed.map(({ request }) => request);
}

function inOrder(requests: readonly Stored<NodeRequest>[], labels: { has(label: string): boolean }): boolean {
  let before: OrderKey | null = null;
  let missingBefore = 0;
  for (const request of requests) {
    const missing = missingOf(request, labels);
    const key = keyOf(request);
    if (before !== null && (missingBefore - missing || compareKeys(before, key)) > 0) return false;
    before = key;
    missingBefore = missing;
  }
  return true;
}

function missingOf({ value }: Stored<NodeRequest>, labels: { has(label: string): boolean }): number {
  return missesNone(value, labels) ? 0 : missingLabels(value, labels).length;
}

interface OrderKey {
  readonly priority: string;
  readonly relativePriority: number;
  readonly sequence: string;
}

/** Of records that do not change any more: a changed request is another object. */
const KEYS = new WeakMap<Stored<NodeRequest>, OrderKey>();

function keyOf(request: Stored<NodeRequest>): OrderKey {
  let key = KEYS.get(request);
  if (!key) {
    const { priority, sequence } = parseRequestId(request.id) ?? { priority: '~', sequence: request.id };
    key = { priority, sequence, relativePriority: request.value.relativePriority };
    KEYS.set(request, key);
  }
  return key;
}

function compareKeys(a: OrderKey, b: OrderKey): number {
  return (
    compareText(a.priority, b.priority) ||
    a.relativePriority - b.relativePriority ||
    compareText(a.sequence, b.sequence)
  );
}

function missesNone({ nodeTypes }: NodeRequest, labels: { has(label: string): boolean }): boolean {
  for (const label of nodeTypes) if (!labels.has(label)) return false;
  return true;
}

export function missingLabels(request: NodeRequest, labels: { has(label: string): boolean }): readonly string[] {
  return [...new Set(request.nodeTypes)].filter((label) => !labels.has(label));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
