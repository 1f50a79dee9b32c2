// npm run generate:reference: makes the tables of docs/reference/configuration.md and the JSON Schema for editors anew from the sections
// that the daemons read the configuration with. Needs `npm run build` first.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './lib/steps.mjs';

const { fillReferencePage } = await import('../dist/adapters/config-yaml/reference/reference-page.js');
const { editorSchema } = await import('../dist/adapters/config-yaml/reference/editor-schema.js');

const page = path.join(ROOT, 'docs/reference/configuration.md');
writeFileSync(page, fillReferencePage(readFileSync(page, 'utf8')));
writeFileSync(path.join(ROOT, 'docs/reference/nodepool.schema.json'), `${JSON.stringify(editorSchema(), null, 2)}\n`);
