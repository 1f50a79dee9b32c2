/** Templates in the manner of `{label.name}-{node.id}`, with `{{` and `}}` for literal braces. */
export interface FormatFields {
  /** Field names in order of appearance, without conversions and format specifications. */
  readonly fields: readonly string[];
  /** Null if the braces match. */
  readonly fault: string | null;
}

export function formatFields(template: string): FormatFields {
  const rest = template.replaceAll('{{', '').replaceAll('}}', '');
  const fields = [...rest.matchAll(/\{([^{}]*)\}/g)].map((match) => (match[1] ?? '').replace(/[:!].*$/s, '').trim());
  const remainder = rest.replace(/\{[^{}]*\}/g, '');
  const fault = /[{}]/.test(remainder) ? 'the braces do not match' : null;
  return { fields, fault };
}

export const HOSTNAME_FIELDS = ['label.name', 'provider.name', 'node.id'] as const;
export const IMAGE_NAME_FIELDS = ['image_name', 'timestamp', 'upload_id'] as const;

export const DEFAULT_HOSTNAME_FORMAT = '{label.name}-{provider.name}-{node.id}';
export const DEFAULT_IMAGE_NAME_FORMAT = '{image_name}-{timestamp}';
