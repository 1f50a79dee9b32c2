import type { StoreConfig } from '../../domain/config/config.js';
import type { ProblemSink } from '../../domain/config/driver-schema.js';
import type { StoreSchema } from './schemas/top-level.schema.js';

const DEFAULT_SESSION_TIMEOUT = 30;

/** The section `store`, which stands in place of `zookeeper-servers`. A missing directory was reported when it was read. */
export function buildStore(
  store: StoreSchema | undefined,
  { zookeeper, problems }: { readonly zookeeper: boolean; readonly problems: ProblemSink },
): StoreConfig | null {
  if (!store) return null;
  if (zookeeper)
    problems.report(['store'], 'excludes zookeeper-servers', {
      at: 'key',
      hint: 'keep zookeeper-servers for nodepool-launcher and nodepool-builder, or store for nodepool-standalone',
    });
  const { directory, sessionTimeout = DEFAULT_SESSION_TIMEOUT } = store;
  if (directory === undefined) return null;
  if (!directory.startsWith('/'))
    problems.report(['store', 'directory'], 'expected an absolute path', { hint: 'begin it with /' });
  return { directory: directory.replace(/(?<=.)\/+$/, ''), sessionTimeout };
}
