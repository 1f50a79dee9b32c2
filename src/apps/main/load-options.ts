import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemConfigFiles } from '../../adapters/config-yaml/config-files.js';
import type { LoadOptions } from '../../adapters/config-yaml/load-config.js';
import { readYaml } from '../../adapters/config-yaml/yaml-document.js';
import { fakeSettingsProblems } from '../../adapters/fake-cloud/fake-settings.js';
import type { CloudSearch } from '../../adapters/openstack/clouds/clouds-reader.js';
import { readClouds } from '../../adapters/openstack/clouds/clouds-reader.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { PluginRegistry } from '../plugins/plugin-registry.js';

type Environment = Readonly<Record<string, string>>;

/** How this process reads a configuration, with what is named in it. */
export function loadOptions(
  configPath: string,
  securePath: string | null,
  environment: Environment,
  plugins: PluginRegistry = openPlugins(),
): LoadOptions {
  return {
    plugins,
    fakeSettings: fakeSettingsProblems,
    path: path.resolve(configPath),
    ...(securePath === null ? {} : { securePath: path.resolve(securePath) }),
    env: environment,
    files: new SystemConfigFiles(),
    clouds: (files) => readClouds({ ...cloudSearch(environment), files }),
    clock: new SystemClock(),
  };
}

/** Where this process looks for `clouds.yaml`. */
export function cloudSearch(environment: Environment): CloudSearch {
  return { files: new SystemConfigFiles(), env: environment, cwd: process.cwd(), home: homedir(), readYaml };
}

/** The drivers from outside, which are looked for beside the configuration file and beside Nodepool. */
export function openPlugins(): PluginRegistry {
  const installation = fileURLToPath(new URL('../../..', import.meta.url));
  return new PluginRegistry({ clock: new SystemClock(), installation: path.resolve(installation) });
}
