import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { editorSchema } from '../../../src/adapters/config-yaml/reference/editor-schema.js';

const check = new Ajv({ formats: { ipv4: true }, allErrors: true, allowUnionTypes: true }).compile(editorSchema());

/** What an editor marks in a configuration; nothing if all is well. */
export function markedByEditor(yaml: string): readonly string[] {
  if (check(parse(yaml))) return [];
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}
