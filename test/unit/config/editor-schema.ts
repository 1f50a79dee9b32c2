import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { editorSchema } from '../../../src/adapters/config-yaml/reference/editor-schema.js';

// Editors know formats by themselves; here they need not be checked.
const check = new Ajv({
  allErrors: true,
  allowUnionTypes: true,
  validateFormats: false,
  formats: { ipv4: true },
}).compile(editorSchema());

/** What an editor marks in a configuration; nothing if all is well. */
export function markedByEditor(yaml: string): readonly string[] {
  if (check(parse(yaml))) return [];
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}
