import type { NameKind } from '../../adapters/cli/program-spec.js';
import { loadConfig } from '../../adapters/config-yaml/load-config.js';
import { currentEnvironment } from './current-environment.js';
import { loadOptions } from './daemon.js';

/** Names that the configuration has, sorted: what completion offers. */
export async function configuredNames(
  kind: NameKind,
  configPath: string,
  securePath: string | null,
): Promise<readonly string[]> {
  const { config } = await loadConfig(loadOptions(configPath, securePath, currentEnvironment()));
  const found = { images: config.diskImages, labels: config.labels, providers: config.providers }[kind];
  return [...found.keys()].sort();
}
