import type { Resources } from '../../domain/model/quota.js';
import { machineVolume } from './names.js';
import type { LibvirtContext } from './libvirt-context.js';

const GIB = 1024 ** 3;

/**
 * What the host has for machines of everybody, less what is to be left to it. Disk: what is free now and what machines have taken
 * already, since all of their disks may fill up.
 */
export async function hostLimits({ host, storage, settings }: LibvirtContext, signal: AbortSignal): Promise<Resources> {
  const { reserve, coresRatio } = settings;
  const [{ cores, ram }, { available }, volumes] = await Promise.all([
    host.capacity(signal),
    storage.info(signal),
    storage.volumes(signal),
  ]);
  const used = volumes.filter(({ name }) => machineVolume(name)).reduce((sum, { allocation }) => sum + allocation, 0);
  return {
    cores: Math.max(0, Math.floor((cores - reserve.cores) * coresRatio)),
    ram: Math.max(0, ram - reserve.ram),
    disk: Math.max(0, Math.floor((available + used) / GIB) - reserve.disk),
  };
}
