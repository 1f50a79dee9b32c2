/** Names of the metrics about calls to a cloud (spec BUILDER 5.2, LAUNCHER 5). Each is a timer and a counter. */

/** `compute.POST.os-volumes_boot` becomes `ComputePostOsVolumesBoot`. */
export function taskName(call: string): string {
  return call
    .split(/[.\-_]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase())
    .join('');
}

/** @param call `<service>.<METHOD>.<path>`, e.g. `compute.GET.servers` */
export function task(provider: string, call: string): string {
  return `nodepool.task.${provider}.${taskName(call)}`;
}

/** In the manner of the OpenStack SDK: the call as it is below a prefix. */
export function sdkTask(prefix: string, call: string): string {
  return `${prefix}.${call}`;
}

export const DEFAULT_SDK_PREFIX = 'openstack.api';
