import { validateConfig } from '../../adapters/config-yaml/load-config.js';
import { formatProblem } from '../../domain/config/config-problem.js';
import { loadOptions } from './daemon.js';
import { currentEnvironment } from './current-environment.js';

/** `nodepool config-validate`: one line for each problem. */
export async function validate(configPath: string, securePath: string | null): Promise<readonly string[]> {
  const { errors } = await validateConfig(loadOptions(configPath, securePath, currentEnvironment()));
  return errors.map(formatProblem);
}
