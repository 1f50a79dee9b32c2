// Folders of files that come out the same wherever and whenever they are made: modes and times are no accident of the machine.
import {
  copyFileSync,
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** Copies a file or a folder; `wanted` is asked for each path below `source`. Links below it stay links. */
export function copyTree(source, target, wanted = () => true) {
  if (!statSync(source).isDirectory()) return put(target, source);
  for (const name of readdirSync(source)) {
    const from = path.join(source, name);
    if (!wanted(from)) continue;
    if (lstatSync(from).isSymbolicLink()) link(path.join(target, name), readlinkSync(from));
    else copyTree(from, path.join(target, name), wanted);
  }
}

function put(target, source) {
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, (statSync(source).mode & 0o111) === 0 ? 0o644 : 0o755);
}

export function write(target, text, mode = 0o644) {
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
  chmodSync(target, mode);
}

export function link(target, to) {
  mkdirSync(path.dirname(target), { recursive: true });
  symlinkSync(to, target);
}

/** Every path below the folder, with its folders, each before what is in it. */
export function pathsBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => path.join(folder, name));
}

/** @param seconds since the epoch */
export function setTimes(folder, seconds) {
  for (const file of [folder, ...pathsBelow(folder)]) {
    if (lstatSync(file).isDirectory()) chmodSync(file, 0o755);
    lutimesSync(file, seconds, seconds);
  }
}
