import type { StoredObject } from './objects.js';

/** `a=b,c!=d,e,!f` on labels, `metadata.name=x` on fields. */
export function selected(query: URLSearchParams): (object: StoredObject) => boolean {
  const labels = (query.get('labelSelector') ?? '').split(',').filter((part) => part !== '');
  const fields = (query.get('fieldSelector') ?? '').split(',').filter((part) => part !== '');
  return (object) =>
    labels.every((part) => labelFits(part, object.metadata.labels ?? {})) &&
    fields.every((part) => fieldFits(part, object));
}

function labelFits(part: string, labels: Readonly<Record<string, string>>): boolean {
  const [, key = '', operator, value] = /^(!?[^=!]+)(==?|!=)?(.*)$/.exec(part) ?? [];
  if (operator === undefined) return key.startsWith('!') ? !(key.slice(1) in labels) : key in labels;
  return operator === '!=' ? labels[key] !== value : labels[key] === value;
}

function fieldFits(part: string, { metadata, status }: StoredObject): boolean {
  const [, key = '', operator = '=', value = ''] = /^([^=!]+)(==?|!=)(.*)$/.exec(part) ?? [];
  const known: Readonly<Record<string, unknown>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace ?? '',
    'status.phase': status?.['phase'],
  };
  return operator === '!=' ? known[key] !== value : known[key] === value;
}
