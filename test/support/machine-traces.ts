import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** What of this machine has to do with a folder: processes that work in it or name it, mounts in it, loop devices of its files. */
export function machineTraces(folder: string): readonly string[] {
  return [...processesIn(folder), ...mountsIn(folder), ...loopDevicesOf(folder)];
}

function processesIn(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => facts(pid).some((fact) => fact.includes(folder)))
    .map((pid) => `process ${pid}: ${facts(pid).join(' ')}`);
}

function facts(pid: string): readonly string[] {
  const link = (name: string) => attempt(() => readlinkSync(`/proc/${pid}/${name}`));
  const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
  return [link('root'), link('cwd'), command];
}

function mountsIn(folder: string): readonly string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts.filter((line) => line.includes(folder)).map((line) => `mount ${line}`);
}

function loopDevicesOf(folder: string): readonly string[] {
  const devices = attempt(() => execFileSync('/sbin/losetup', ['-a'], { encoding: 'utf8' })).split('\n');
  return devices.filter((line) => line.includes(folder)).map((line) => `loop device ${line}`);
}

/** Processes come and go while we look. */
function attempt(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
