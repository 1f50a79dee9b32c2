/** In which order a pool looks at requests (spec LAUNCHER 2.3): serveable ones first, then by priority, then by age. */
import { parseRequestId } from '../model/request.js';
import type { NodeRequest } from '../model/request.js';
import type { Stored } from '../model/stored.js';

export function orderRequests(
  requests: Iterable<Stored<NodeRequest>>,
  labels: { has(label: string): boolean },
): readonly Stored<NodeRequest>[] {
  const keyed = [...requests].map((request) => {
    const id = parseRequestId(request.id) ?? { priority: '~', sequence: request.id };
    return { request, missing: missingLabels(request.value, labels).length, ...id };
  });
  keyed.sort(
    (a, b) =>
      a.missing - b.missing ||
      compareText(a.priority, b.priority) ||
      a.request.value.relativePriority - b.request.value.relativePriority ||
      compareText(a.sequence, b.sequence),
  );
  return keyed.map((entry) => entry.request);
}

export function missingLabels(request: NodeRequest, labels: { has(label: string): boolean }): readonly string[] {
  return [...new Set(request.nodeTypes)].filter((label) => !labels.has(label));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
