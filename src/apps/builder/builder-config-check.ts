import type { NodepoolConfig } from '../../domain/config/config.js';

/** The configuration lacks what a builder needs. */
export class BuilderConfigError extends Error {
  readonly code = 'NP_BUILDER_CONFIG';
  override readonly name = 'BuilderConfigError';
}

/** What keeps a builder from starting with this configuration, in the words operators know; null when nothing does. */
export function builderConfigProblem(
  config: Pick<NodepoolConfig, 'zookeeper' | 'imagesDir'>,
  needs: { readonly zookeeper: boolean } = { zookeeper: true },
): string | null {
  if (needs.zookeeper && (config.zookeeper === null || config.zookeeper.servers.length === 0)) {
    return 'No ZooKeeper servers specified in config.';
  }
  return config.imagesDir ? null : 'No images-dir specified in config.';
}
