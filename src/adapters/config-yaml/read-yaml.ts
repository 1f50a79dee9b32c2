import { parseYaml } from './yaml-document.js';

/**
 * For files that are not Nodepool's own configuration: the value, or the first fault in words, with its place as `:line:column` (empty if it
 * is not known).
 */
export function readYaml(
  text: string,
): { readonly value: unknown } | { readonly fault: string; readonly place: string } {
  const { value, faults } = parseYaml(text);
  const fault = faults.find(({ severity }) => severity === 'error');
  if (!fault) return { value };
  return { fault: fault.message, place: fault.place ? `:${fault.place.line}:${fault.place.column}` : '' };
}
