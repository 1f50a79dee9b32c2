// What the Debian package consists of: the files of the product, where Debian has such files, and what dpkg reads about them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { copyTree, link, pathsBelow, write } from './file-tree.mjs';
import { productionPackages } from './production-packages.mjs';
import { ROOT } from './steps.mjs';

const DEBIAN = path.join(ROOT, 'packaging/debian');
/** Files of packaging/debian that dh_install does not place. */
const PLACED = {
  'nodepool.default': 'etc/default/nodepool',
  'nodepool.logrotate': 'etc/logrotate.d/nodepool',
  'nodepool.sysusers': 'usr/lib/sysusers.d/nodepool.conf',
  'nodepool.tmpfiles': 'usr/lib/tmpfiles.d/nodepool.conf',
  // Not in place: whoever has it makes the daemons' user root.
  'nodepool.sudoers': 'usr/share/doc/nodepool/examples/sudoers',
  copyright: 'usr/share/doc/nodepool/copyright',
};
const COMPLETIONS = {
  bash: 'usr/share/bash-completion/completions/nodepool',
  zsh: 'usr/share/zsh/vendor-completions/_nodepool',
  fish: 'usr/share/fish/vendor_completions.d/nodepool.fish',
};
/** Debian's architectures as Node calls them. */
const NODE_ARCHITECTURES = { amd64: 'x64', arm64: 'arm64', armhf: 'arm' };

/** The folders and files of the package, below `tree`. */
export function makeTree(tree, architecture) {
  const at = (name) => path.join(tree, name);
  for (const [source, target] of installed()) {
    if (source === 'node_modules') copyPackages(at(target), architecture);
    else
      copyTree(path.join(ROOT, source), at(path.join(target, path.basename(source))), (file) => !/\.map$/.test(file));
  }
  for (const name of ['builder', 'launcher', 'standalone'])
    fitUnit(at(`usr/lib/systemd/system/nodepool-${name}.service`));
  for (const [source, target] of Object.entries(PLACED)) copyTree(path.join(DEBIAN, source), at(target));
  for (const name of Object.keys(manifest().bin)) link(at(`usr/bin/${name}`), `../lib/nodepool/bin/${name}.js`);
  for (const [shell, target] of Object.entries(COMPLETIONS)) write(at(target), completion(shell));
}

/** The lines of nodepool.install. */
function installed() {
  return readFileSync(path.join(DEBIAN, 'nodepool.install'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
}

export function manifest() {
  return JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
}

/** Nothing that was compiled here, for the Node at hand: what packages bring compiled fits every Node. */
function copyPackages(target, architecture) {
  const prebuilt = `linux-${NODE_ARCHITECTURES[architecture] ?? architecture}`;
  const wanted = (file) => {
    const [folder, name] = [path.dirname(file), path.basename(file)];
    if (name === 'node_modules' || name.endsWith('.map')) return false;
    if (name === 'build' && existsSync(path.join(file, 'Makefile'))) return false;
    if (['deps', 'src'].includes(name) && existsSync(path.join(folder, 'binding.gyp'))) return false;
    return path.basename(folder) !== 'prebuilds' || name === prebuilt;
  };
  for (const place of productionPackages()) {
    copyTree(path.join(ROOT, place), path.join(target, place), wanted);
  }
}

/** Units name the places of an installation by hand. */
function fitUnit(file) {
  const text = readFileSync(file, 'utf8')
    .replace('ExecStart=/usr/local/bin/', 'ExecStart=/usr/bin/')
    .replace('file:///opt/nodepool/docs/', 'file:///usr/share/doc/nodepool/');
  write(file, text);
}

function completion(shell) {
  return execFileSync(process.execPath, [path.join(ROOT, 'bin/nodepool.js'), 'completion', shell], {
    encoding: 'utf8',
  });
}

/** What dpkg reads: control, conffiles, checksums and the scripts. */
export function makeControl(tree, fields) {
  const files = pathsBelow(tree).filter((file) => !lstatSync(file).isDirectory());
  const kibibytes = files.reduce((sum, file) => sum + Math.ceil(lstatSync(file).size / 1024), 0);
  const all = {
    ...fields,
    'Installed-Size': String(kibibytes),
    Node: `nodejs (${manifest().engines.node.replace('>=', '>= ')})`,
  };
  const control = readFileSync(path.join(DEBIAN, 'control'), 'utf8').replace(/\$\{([\w-]+)\}/g, (_, name) => all[name]);
  const names = files.filter((file) => lstatSync(file).isFile()).map((file) => path.relative(tree, file));
  const at = (name) => path.join(tree, 'DEBIAN', name);
  write(at('md5sums'), names.map((name) => `${md5(path.join(tree, name))}  ${name}\n`).join(''));
  write(
    at('conffiles'),
    names
      .filter((name) => name.startsWith('etc/'))
      .map((name) => `/${name}\n`)
      .join(''),
  );
  write(at('control'), control);
  for (const script of ['postinst', 'prerm', 'postrm'])
    write(at(script), readFileSync(path.join(DEBIAN, script)), 0o755);
}

function md5(file) {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}
