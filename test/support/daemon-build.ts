import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

let checked = false;

/** The executables run what was built last. @throws Error when that is older than the source */
export function checkBuilt(): void {
  if (checked) return;
  const stale = staleFile();
  if (stale !== undefined) throw new Error(`dist/ is not what src/ is (${stale}); run "npm run build" first`);
  checked = true;
}

function staleFile(): string | undefined {
  for (const name of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const built = statSync(join(ROOT, 'dist', name.replace(/\.ts$/, '.js')), { throwIfNoEntry: false });
    if (!built) return `${name} was not built`;
    if (built.mtimeMs < statSync(join(ROOT, 'src', name)).mtimeMs) return `${name} has changed`;
  }
  return undefined;
}
