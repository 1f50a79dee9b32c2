import type { DriverContext, DriverPlugin, Provider, ProviderConfig } from 'nodepool/driver';
import type { Differences } from './config/keys.js';
import { configSchema } from './config/keys.js';

/** Of these packages: they are released together. */
const VERSION = '0.1.0';

export interface Flavour extends Differences {
  readonly name: string;
  /** Does `limits` know anything beforehand? */
  readonly quota: boolean;
  readonly createProvider: (config: ProviderConfig, context: DriverContext) => Provider;
}

/** A driver as Nodepool loads it. */
export function plugin({ name, quota, createProvider, ...differences }: Flavour): DriverPlugin {
  return {
    apiVersion: '1.2',
    name,
    version: VERSION,
    capabilities: { images: false, quota, leaks: true, zones: false, console: false, imageless: true },
    configSchema: configSchema(differences),
    createProvider,
  };
}
