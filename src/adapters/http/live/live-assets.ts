import { readFileSync } from 'node:fs';

/** A file of the live page. */
export interface LiveAsset {
  readonly type: string;
  readonly body: Buffer;
}

const FOLDER = new URL('../../../../web/', import.meta.url);

const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/live/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/live/elements.js': { file: 'elements.js', type: 'text/javascript; charset=utf-8' },
  '/live/sections.js': { file: 'sections.js', type: 'text/javascript; charset=utf-8' },
  '/live/leases.js': { file: 'leases.js', type: 'text/javascript; charset=utf-8' },
  '/live/nodes.js': { file: 'nodes.js', type: 'text/javascript; charset=utf-8' },
  '/live/explanation.js': { file: 'explanation.js', type: 'text/javascript; charset=utf-8' },
  '/live/chart.js': { file: 'chart.js', type: 'text/javascript; charset=utf-8' },
  '/live/style.css': { file: 'style.css', type: 'text/css; charset=utf-8' },
  '/live/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
};

/** The files by path, read once. @throws when they are not where the package has them */
export function readLiveAssets(): ReadonlyMap<string, LiveAsset> {
  return new Map(
    Object.entries(FILES).map(([path, { file, type }]) => [path, { type, body: readFileSync(new URL(file, FOLDER)) }]),
  );
}
