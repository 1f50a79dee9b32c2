/**
 * What a driver from outside brings, and the version of the interface between Nodepool and drivers: everything in this folder, the
 * values it speaks of (`domain/config`, `domain/model/quota`) and the runtime ports in `DriverContext`
 * (docs/adr/0005-driver-api.md has the promise).
 */
import type { DriverConfigSchema } from '../../domain/config/driver-config-schema.js';
import type { Driver, DriverCapabilities } from './driver.js';

/**
 * `major.minor`. The minor grows when something optional is added, the major when a driver has to be changed. A driver runs if its
 * major is ours and its minor is not above ours.
 */
export const DRIVER_API_VERSION = '1.2';

/** A driver as a package exports it, as `default` or as `driver`. */
export interface DriverPlugin extends Driver {
  /** The `DRIVER_API_VERSION` it was written for. */
  readonly apiVersion: string;
  /** The driver's own version, for people. */
  readonly version: string;
  readonly capabilities: DriverCapabilities;
  /** The keys of its sections besides those that all providers have. */
  readonly configSchema: DriverConfigSchema;
}

/** Lets an editor and the compiler check a driver where it is written. Answers it unchanged. */
export function defineDriver(plugin: DriverPlugin): DriverPlugin {
  return plugin;
}

export type ApiFit =
  { readonly kind: 'fits' } | { readonly kind: 'unfit'; readonly problem: string; readonly hint: string };

/** Whether a driver that was written for `version` runs here. */
export function apiVersionFit(version: unknown): ApiFit {
  const wanted = typeof version === 'string' ? parts(version) : undefined;
  const ours = parts(DRIVER_API_VERSION);
  if (!wanted || !ours) {
    return {
      kind: 'unfit',
      problem: 'does not say which driver API it was written for',
      hint: `set apiVersion: '${DRIVER_API_VERSION}' in the driver`,
    };
  }
  if (wanted.major === ours.major && wanted.minor <= ours.minor) return { kind: 'fits' };
  const newer = wanted.major > ours.major || (wanted.major === ours.major && wanted.minor > ours.minor);
  return {
    kind: 'unfit',
    problem: `was written for driver API ${wanted.major}.${wanted.minor}, this Nodepool has ${DRIVER_API_VERSION}`,
    hint: newer
      ? 'update Nodepool, or install an older version of the driver'
      : 'install a newer version of the driver',
  };
}

function parts(version: string): { readonly major: number; readonly minor: number } | undefined {
  const match = /^(\d+)\.(\d+)(?:\.\d+)?$/.exec(version);
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}
