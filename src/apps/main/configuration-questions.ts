/** What commands ask about the configuration itself. */
import type { ConfigFindings, ConfiguredNames } from '../../adapters/cli/session.js';
import { loadConfig, validateConfig } from '../../adapters/config-yaml/load-config.js';
import { formatProblem, formatWarning } from '../../domain/config/config-problem.js';
import { currentEnvironment } from './current-environment.js';
import { loadOptions } from './load-options.js';

/** `nodepool config-validate`: one line for each problem. */
export async function validate(configPath: string, securePath: string | null): Promise<ConfigFindings> {
  const { errors, warnings } = await validateConfig(loadOptions(configPath, securePath, currentEnvironment()));
  return { errors: errors.map(formatProblem), warnings: warnings.map(formatWarning) };
}

/** `nodepool names`: what completion offers. */
export const configuredNames: ConfiguredNames = async (kind, configPath, securePath) => {
  const { config } = await loadConfig(loadOptions(configPath, securePath, currentEnvironment()));
  const found = { images: config.diskImages, labels: config.labels, providers: config.providers }[kind];
  return [...found.keys()].sort();
};
