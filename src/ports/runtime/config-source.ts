import type { ConfigProblem } from '../../domain/config/config-problem.js';
import type { NodepoolConfig } from '../../domain/config/config.js';

/**
 * Where the configuration comes from. A change that cannot be loaded is reported once and the old configuration stays in force
 * (spec BUILDER 1.12).
 */
export interface ConfigSource {
  /** The configuration in force. */
  readonly current: NodepoolConfig;
  /** Why what the file says now cannot be used; empty while it is in force. */
  readonly mistakes: readonly ConfigProblem[];
  /** Looks for a change now. Answers the configuration in force afterwards. Never rejects. */
  reload(): Promise<NodepoolConfig>;
  /** Called after a changed configuration came into force. */
  onChange(listener: (config: NodepoolConfig) => void): () => void;
}
