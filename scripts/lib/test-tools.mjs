// What the tests need from Debian beyond Node itself, and which tests need it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { debianPath, has, installDebianPackages, mayInstall, SYSTEM } from './steps.mjs';

/**
 * `programs` are searched for in PATH, `files` below the root, `modules` are imported by Debian's Python. `for`: what has to be prepared
 * for it, by the names of the projects of vitest and of the other commands; `quickstart` is the one with real machines.
 */
export const TOOLS = [
  {
    what: 'ZooKeeper',
    packages: ['openjdk-17-jre-headless', 'zookeeper'],
    programs: ['java'],
    files: ['usr/share/java/zookeeper.jar'],
    for: ['contract', 'integration', 'openstack', 'conformance', 'bench'],
  },
  {
    what: 'Python with kazoo',
    packages: ['python3', 'python3-kazoo'],
    modules: ['kazoo'],
    for: ['contract', 'integration', 'openstack', 'conformance'],
  },
  {
    what: 'Python with PyYAML',
    packages: ['python3', 'python3-yaml'],
    modules: ['yaml'],
    for: ['unit', 'integration'],
  },
  {
    what: 'the tools of systemd',
    packages: ['systemd'],
    programs: ['systemd-analyze', 'systemd-notify', 'systemd-tmpfiles', 'systemd-sysusers'],
    for: ['integration'],
  },
  { what: 'zsh', packages: ['zsh'], programs: ['zsh'], for: ['unit'] },
  { what: 'fish', packages: ['fish'], programs: ['fish'], for: ['unit'] },
  {
    what: 'Chromium',
    packages: ['chromium', 'fonts-dejavu-core'],
    files: ['usr/bin/chromium', 'usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'],
    for: ['integration'],
  },
  { what: 'promtool', packages: [], programs: ['promtool'], take: takePromtool, for: ['unit', 'integration'] },
  { what: 'openssl', packages: ['openssl'], programs: ['openssl'], for: ['unit', 'contract', 'integration'] },
  {
    what: 'OpenSSH client',
    packages: ['openssh-client'],
    programs: ['ssh', 'ssh-keygen'],
    for: ['unit', 'contract', 'integration', 'quickstart'],
  },
  {
    what: 'Ansible',
    packages: ['ansible-core'],
    programs: ['ansible-inventory', 'ansible-playbook'],
    for: ['unit', 'integration'],
  },
  { what: 'jq and curl', packages: ['jq', 'curl'], programs: ['jq', 'curl'], for: ['integration'] },
  // The program alone: its service is not started, see installDebianPackages.
  {
    what: 'OpenSSH server',
    packages: ['openssh-server'],
    files: ['usr/sbin/sshd'],
    for: ['contract', 'integration'],
  },
  {
    what: 'diskimage-builder',
    packages: [
      'python3-diskimage-builder',
      'qemu-utils',
      'kpartx',
      'dosfstools',
      'gdisk',
      'sudo',
      'busybox-static',
      'bash-static',
      'e2fsprogs',
    ],
    programs: [
      'disk-image-create',
      'qemu-img',
      'kpartx',
      'mkfs.vfat',
      'sgdisk',
      'sudo',
      'busybox',
      'bash-static',
      'mkfs.ext4',
    ],
    for: ['integration', 'openstack', 'quickstart'],
  },
  // Programs alone: the tests start daemons of their own.
  {
    what: 'libvirt and QEMU',
    packages: ['libvirt-daemon-system', 'libvirt-clients', 'qemu-system-x86', 'qemu-utils', 'xorriso'],
    programs: ['libvirtd', 'virtlogd', 'virsh', 'qemu-system-x86_64', 'qemu-img', 'xorriso'],
    for: ['contract', 'integration', 'quickstart'],
  },
  // Any kubectl will do; Debian's and Google's packages for it stand in each other's way.
  { what: 'kubectl', packages: ['kubernetes-client'], programs: ['kubectl'], for: ['contract', 'integration'] },
  {
    what: 'Python with the client of Kubernetes',
    packages: ['python3', 'python3-kubernetes'],
    modules: ['kubernetes'],
    for: ['contract'],
  },
  {
    what: 'Dropbear',
    packages: ['dropbear-bin'],
    programs: ['dropbear', 'dropbearkey'],
    for: ['contract', 'integration', 'quickstart'],
  },
];

/** The whole package would start a server and bring a web interface: only the one program is taken out of it. */
function takePromtool() {
  if (!mayInstall()) return;
  console.log('Taking promtool out of the Debian package prometheus');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-promtool-'));
  const bin = path.join(SYSTEM, 'usr/local/bin');
  mkdirSync(bin, { recursive: true });
  const script = `apt-get -qq download prometheus && dpkg -x prometheus_*.deb . && install -m 755 usr/bin/promtool "$0"`;
  const env = { ...process.env, PATH: debianPath() };
  spawnSync('sh', ['-c', script, bin], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  rmSync(folder, { recursive: true });
}

function isHere({ programs = [], files = [], modules = [] }) {
  return (
    programs.every(has) && files.every((file) => existsSync(path.join(SYSTEM, file))) && modules.every(canBeImported)
  );
}

function canBeImported(module) {
  const python = path.join(SYSTEM, 'usr/bin/python3');
  return spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0;
}

/** Installs what is missing for these tests, if it may; answers what is still missing. */
export function findMissingTools(projects) {
  const wanted = TOOLS.filter((tool) => tool.for.some((name) => projects.includes(name)));
  const missing = wanted.filter((tool) => !isHere(tool));
  const packages = [...new Set(missing.flatMap((tool) => tool.packages))];
  if (packages.length > 0) installDebianPackages(packages);
  for (const { take } of missing) take?.();
  return missing.filter((tool) => !isHere(tool));
}

/** One line for whoever has to bring it. */
export function hint({ what, packages }) {
  return packages.length > 0
    ? `missing: ${what} (apt-get install ${packages.join(' ')})`
    : `missing: ${what} (it is in the Debian package prometheus)`;
}
