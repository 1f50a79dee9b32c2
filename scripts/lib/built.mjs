// Is dist what src is? Asked before a build that may take half a minute.
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { builtDrivers, ROOT } from './steps.mjs';

/** Every source has a result that is not older, and nothing that the build is made by has changed since. */
export function isBuilt(root = ROOT) {
  return ['.', ...builtDrivers(root)].every((folder) => isBuiltIn(root, folder));
}

function isBuiltIn(root, folder) {
  const src = path.join(root, folder, 'src');
  const results = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [path.join(src, name), path.join(root, folder, 'dist', name.replace(/\.ts$/, '.js'))]);
  if (!results.every(([source, result]) => existsSync(result) && changed(source) <= changed(result))) return false;
  const oldest = Math.min(...results.map(([, result]) => changed(result)));
  const own = folder === '.' ? 'tsconfig.build.json' : `${folder}/tsconfig.json`;
  return ['tsconfig.json', own].every((name) => changed(path.join(root, name)) <= oldest);
}

function changed(file) {
  return statSync(file).mtimeMs;
}
