import type { ConfiguredNames } from '../../adapters/cli/session.js';
import { loadConfig } from '../../adapters/config-yaml/load-config.js';
import { currentEnvironment } from './current-environment.js';
import { loadOptions } from './load-options.js';

/** `nodepool names`: what completion offers. */
export const configuredNames: ConfiguredNames = async (kind, configPath, securePath) => {
  const { config } = await loadConfig(loadOptions(configPath, securePath, currentEnvironment()));
  const found = { images: config.diskImages, labels: config.labels, providers: config.providers }[kind];
  return [...found.keys()].sort();
};
