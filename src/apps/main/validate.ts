import type { ConfigFindings } from '../../adapters/cli/session.js';
import { validateConfig } from '../../adapters/config-yaml/load-config.js';
import { formatProblem, formatWarning } from '../../domain/config/config-problem.js';
import { loadOptions } from './load-options.js';
import { currentEnvironment } from './current-environment.js';

/** `nodepool config-validate`: one line for each problem. */
export async function validate(configPath: string, securePath: string | null): Promise<ConfigFindings> {
  const { errors, warnings } = await validateConfig(loadOptions(configPath, securePath, currentEnvironment()));
  return { errors: errors.map(formatProblem), warnings: warnings.map(formatWarning) };
}
