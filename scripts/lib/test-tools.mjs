// What the tests need from Debian beyond Node itself.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { has, installDebianPackages } from './steps.mjs';

const SBIN = `/usr/sbin:/sbin:${process.env.PATH}`;

const TOOLS = [
  { what: 'Java', packages: ['openjdk-17-jre-headless'], here: () => has('java') },
  { what: 'ZooKeeper', packages: ['zookeeper'], here: () => existsSync('/usr/share/java/zookeeper.jar') },
  { what: 'Python with kazoo', packages: ['python3', 'python3-kazoo'], here: () => python('import kazoo') },
  { what: 'Python with PyYAML', packages: ['python3', 'python3-yaml'], here: () => python('import yaml') },
  {
    what: 'the tools of systemd',
    packages: ['systemd'],
    here: () => ['systemd-analyze', 'systemd-notify', 'systemd-tmpfiles', 'systemd-sysusers'].every(inPath),
  },
  { what: 'zsh', packages: ['zsh'], here: () => has('zsh') },
  {
    what: 'Chromium',
    packages: ['chromium', 'fonts-dejavu-core'],
    here: () => existsSync('/usr/bin/chromium'),
  },
  { what: 'promtool', packages: [], here: () => has('promtool') },
  { what: 'openssl', packages: ['openssl'], here: () => has('openssl') },
  // The program alone: its service is not started, see installDebianPackages.
  { what: 'OpenSSH server', packages: ['openssh-server'], here: () => existsSync('/usr/sbin/sshd') },
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
    here: () => ['disk-image-create', 'qemu-img', 'kpartx', 'sgdisk', 'sudo', 'bash-static'].every(inPath),
  },
  // Programs alone: the tests start daemons of their own.
  {
    what: 'libvirt and QEMU',
    packages: ['libvirt-daemon-system', 'libvirt-clients', 'qemu-system-x86', 'qemu-utils', 'xorriso'],
    here: () => ['libvirtd', 'virtlogd', 'virsh', 'qemu-system-x86_64', 'qemu-img', 'xorriso'].every(inPath),
  },
  { what: 'Dropbear', packages: ['dropbear-bin'], here: () => ['dropbear', 'dropbearkey'].every(inPath) },
];

/** The whole package would start a server and bring a web interface: only the one program is taken out of it. */
const PROMTOOL = '/usr/local/bin/promtool';

function takePromtool() {
  if (has('promtool') || !has('apt-get') || process.getuid?.() !== 0) return;
  console.log('Taking promtool out of the Debian package prometheus');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-promtool-'));
  const script = `apt-get -qq download prometheus && dpkg -x prometheus_*.deb . && install -m 755 usr/bin/promtool ${PROMTOOL}`;
  spawnSync('sh', ['-c', script], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  rmSync(folder, { recursive: true });
}

function python(code) {
  return spawnSync('/usr/bin/python3', ['-c', code], { stdio: 'ignore' }).status === 0;
}

function inPath(command) {
  return (
    spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore', env: { ...process.env, PATH: SBIN } })
      .status === 0
  );
}

/** Installs what is missing if it may; answers what is still missing. */
export function findMissingTools() {
  const missing = TOOLS.filter((tool) => !tool.here());
  const packages = missing.flatMap((tool) => tool.packages);
  if (packages.length > 0) installDebianPackages(packages);
  if (missing.some(({ what }) => what === 'promtool')) takePromtool();
  return missing.filter((tool) => !tool.here());
}
