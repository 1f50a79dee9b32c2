import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

let checked = false;

/** The executables run what was built last, and load such drivers. @throws Error when that is older than the source */
export function checkBuilt(): void {
  if (checked) return;
  const stale = staleFile();
  if (stale !== undefined) throw new Error(`dist/ is not what src/ is (${stale}); run "npm run build" first`);
  checked = true;
}

function staleFile(): string | undefined {
  // Without the packages of the drivers these are not built.
  const drivers = ['drivers/kubernetes'].filter((folder) => existsSync(join(ROOT, folder, 'dist')));
  return ['.', ...drivers].map(staleIn).find((stale) => stale !== undefined);
}

function staleIn(folder: string): string | undefined {
  const [src, dist] = [join(ROOT, folder, 'src'), join(ROOT, folder, 'dist')];
  for (const name of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const built = statSync(join(dist, name.replace(/\.ts$/, '.js')), { throwIfNoEntry: false });
    if (!built) return `${name} was not built`;
    if (built.mtimeMs < statSync(join(src, name)).mtimeMs) return `${name} has changed`;
  }
  return undefined;
}
