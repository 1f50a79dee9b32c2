// Builds are folders beside each other, and `dist` is a link to one of them: replacing the link is one step. A process that has begun
// to load the one build loads the rest of itself from it, too, because Node follows links before it looks for what stands beside.
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';

/** Name of a build's folder; it lies where `dist` does, so that what is found relative to a module is found from both. */
const BUILD = /^\.dist-\d{13}-\d+$/;
/** Somebody may still run the last of the earlier builds, and whatever was replaced within so many seconds. */
const KEPT = 5;
const YOUNG = 3600;

/**
 * Makes a new build and puts it in the place of `dist`, in one step. Nothing has changed if `compile` throws.
 * @param {string} root the project
 * @param {(folder: string) => void} compile fills an empty folder
 * @param {number} young seconds for which every build is kept
 */
export function replaceBuild(root, compile, young = YOUNG) {
  const name = `.dist-${Date.now()}-${process.pid}`;
  const folder = path.join(root, name);
  mkdirSync(folder);
  try {
    compile(folder);
    pointTo(root, name);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  forgetOldBuilds(root, name, young);
}

function pointTo(root, name) {
  const dist = path.join(root, 'dist');
  const draft = path.join(root, `.dist-link-${process.pid}`);
  rmSync(draft, { force: true });
  symlinkSync(name, draft);
  // A folder, as releases before made it and as packing leaves it, cannot be replaced by a link in one step: this happens once.
  if (existsSync(dist) && !lstatSync(dist).isSymbolicLink())
    renameSync(dist, path.join(root, `.dist-${Date.now() - 1000}-${process.pid}`));
  renameSync(draft, dist);
}

function forgetOldBuilds(root, current, young) {
  const builds = readdirSync(root).filter((name) => BUILD.test(name) && name !== current);
  const oldest = Date.now() - young * 1000;
  const old = builds
    .sort()
    .slice(0, -KEPT)
    .filter((name) => Number(name.slice('.dist-'.length).split('-')[0]) < oldest);
  for (const name of old) rmSync(path.join(root, name), { recursive: true, force: true });
}

/** Turns the link into a folder, for tools that pack what they find and do not follow links: npm, Debian's, container builds. */
export function makePlain(root) {
  const dist = path.join(root, 'dist');
  if (!existsSync(dist) || !lstatSync(dist).isSymbolicLink()) return;
  const copy = path.join(root, `.dist-copy-${process.pid}`);
  cpSync(path.join(root, readlinkSync(dist)), copy, { recursive: true, preserveTimestamps: true });
  renameSync(dist, `${copy}-link`);
  renameSync(copy, dist);
  rmSync(`${copy}-link`);
}

/** Undoes `makePlain`. */
export function makeLink(root) {
  const dist = path.join(root, 'dist');
  if (!existsSync(dist) || lstatSync(dist).isSymbolicLink()) return;
  const name = `.dist-${Date.now()}-${process.pid}`;
  cpSync(dist, path.join(root, name), { recursive: true, preserveTimestamps: true });
  pointTo(root, name);
  forgetOldBuilds(root, name, YOUNG);
}
