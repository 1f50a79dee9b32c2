import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, DOCUMENTS, exists } from './documents.js';

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

describe('links between documents', () => {
  it.each(DOCUMENTS)('of $file lead somewhere', ({ file, text }) => {
    const dead: string[] = [];
    for (const [, target = ''] of text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(LINK)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [place = '', anchor] = target.split('#');
      const wanted = place === '' ? file : path.join(path.dirname(file), place);
      if (!exists(wanted)) dead.push(target);
      else if (anchor !== undefined) {
        const found = DOCUMENTS.find((document) => document.file === wanted);
        if (!found || !anchors(found).includes(anchor)) dead.push(target);
      }
    }
    expect(dead).toEqual([]);
  });

  it('lead to every guide and reference from the README or from one another', () => {
    const linked = new Set<string>();
    for (const { file, text } of DOCUMENTS) {
      for (const [, target = ''] of text.matchAll(LINK)) {
        linked.add(path.join(path.dirname(file), target.split('#')[0] ?? ''));
      }
    }
    const orphans = DOCUMENTS.map(({ file }) => file).filter(
      (file) => file.startsWith('docs/') && !file.startsWith('docs/adr/') && !linked.has(file),
    );
    expect(orphans).toEqual([]);
  });
});
