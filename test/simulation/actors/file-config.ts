import type { ConfigProblem } from '../../../src/domain/config/config-problem.js';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import type { ConfigSource } from '../../../src/ports/runtime/config-source.js';

/** A configuration file: what was edited comes into force at the next reload. */
export class FileConfig implements ConfigSource {
  mistakes: readonly ConfigProblem[] = [];
  private readonly listeners = new Set<(config: NodepoolConfig) => void>();

  constructor(
    public current: NodepoolConfig,
    private readonly file: () => NodepoolConfig,
  ) {}

  reload(): Promise<NodepoolConfig> {
    const edited = this.file();
    if (edited !== this.current) {
      this.current = edited;
      for (const listener of [...this.listeners]) listener(edited);
    }
    return Promise.resolve(this.current);
  }

  onChange(listener: (config: NodepoolConfig) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
