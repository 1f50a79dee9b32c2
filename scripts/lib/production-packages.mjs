// Which packages the product runs with, by the lock file: what package.json needs and what that needs, nothing optional, nothing compiled.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './steps.mjs';

/** Places of packages below the project, like `node_modules/koa/node_modules/depd`, in order. */
export function productionPackages(root = ROOT) {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const found = new Set();
  const waiting = needsOf('', packages['']);
  for (let need = waiting.pop(); need !== undefined; need = waiting.pop()) {
    const place = placeOf(need, packages);
    if (place === undefined) throw new Error(`${need.name} is not in package-lock.json, but ${need.of} needs it`);
    if (found.has(place)) continue;
    found.add(place);
    waiting.push(...needsOf(place, packages[place]));
  }
  return [...found].sort();
}

function needsOf(place, { dependencies = {}, optionalDependencies = {} }) {
  return Object.keys(dependencies)
    .filter((name) => !(name in optionalDependencies))
    .map((name) => ({ name, of: place }));
}

/** As Node looks for it: in the package itself, then in the folders around it. */
function placeOf({ name, of }, packages) {
  for (let around = of; ; around = around.slice(0, Math.max(0, around.lastIndexOf('/node_modules/')))) {
    const place = `${around === '' ? '' : `${around}/`}node_modules/${name}`;
    if (place in packages) return place;
    if (around === '') return undefined;
  }
}
