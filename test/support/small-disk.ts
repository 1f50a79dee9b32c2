import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own; both ways need root, as CI has it. */
export interface SmallDisk {
  readonly folder: string;
  remount(options: string): void;
  remove(): void;
}

/** May this process mount anything? */
export function mayMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    smallDisk('64k').remove();
    return true;
  } catch {
    return false;
  }
}

/** @param size as mount has it: `4m`. @throws Error when it cannot be mounted */
export function smallDisk(size: string): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'nodepool-disk-'));
  const run = (command: string, ...args: readonly string[]): void => {
    const { status, stderr } = spawnSync(command, [...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  };
  run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
  return {
    folder,
    remount: (options) => run('mount', '-o', `remount,${options}`, folder),
    remove: () => {
      run('umount', '-l', folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
