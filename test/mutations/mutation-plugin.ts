import path from 'node:path';
import type { Plugin } from 'vite';
import { mutated } from './source-mutation.js';
import type { SourceMutation } from './source-mutation.js';

/** Plants the defect while modules are loaded; the file itself stays as it is. */
export function mutationPlugin(root: string, mutation: Pick<SourceMutation, 'file' | 'find' | 'replace'>): Plugin {
  const target = path.join(root, mutation.file);
  return {
    name: 'mutation',
    enforce: 'pre',
    transform: (code, id) => (id.split('?')[0] === target ? { code: mutated(code, mutation), map: null } : undefined),
  };
}
