import type { NodepoolConfig } from '../../domain/config/config.js';

/**
 * Where the configuration comes from. A change that cannot be loaded is reported once and the old configuration stays in force
 * (spec BUILDER 1.12).
 */
export interface ConfigSource {
  /** The configuration in force. */
  readonly current: NodepoolConfig;
  /** Looks for a change now. Answers the configuration in force afterwards. Never rejects. */
  reload(): Promise<NodepoolConfig>;
  /** Called after a changed configuration came into force. */
  onChange(listener: (config: NodepoolConfig) => void): () => void;
}
