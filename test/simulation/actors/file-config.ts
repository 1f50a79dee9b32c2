import type { ConfigProblem } from '../../../src/domain/config/config-problem.js';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import type { Clock } from '../../../src/ports/runtime/clock.js';
import type { ConfigSource } from '../../../src/ports/runtime/config-source.js';

const BROKEN: ConfigProblem = {
  file: 'nodepool.yaml',
  line: 1,
  column: 1,
  keyPath: '',
  message: 'it cannot be understood',
  hint: '',
  severity: 'error',
};

/** A configuration file: what was edited comes into force at the next reload. */
export class FileConfig implements ConfigSource {
  mistakes: readonly ConfigProblem[] = [];
  /** When somebody last looked whether it has changed. */
  lookedAt: number;
  private readonly listeners = new Set<(config: NodepoolConfig) => void>();

  constructor(
    public current: NodepoolConfig,
    private readonly file: () => NodepoolConfig,
    private readonly clock: Clock,
    private readonly isBroken: () => boolean,
  ) {
    this.lookedAt = clock.monotonic();
  }

  reload(): Promise<NodepoolConfig> {
    this.lookedAt = this.clock.monotonic();
    this.mistakes = this.isBroken() ? [BROKEN] : [];
    if (this.mistakes.length > 0) return Promise.resolve(this.current);
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
