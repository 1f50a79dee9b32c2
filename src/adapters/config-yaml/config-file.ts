import type { NodepoolConfig } from '../../domain/config/config.js';
import { configDifference } from '../../domain/config/config-difference.js';
import type { ConfigProblem } from '../../domain/config/config-problem.js';
import { ConfigError, formatProblem } from '../../domain/config/config-problem.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { ConfigSource } from '../../ports/runtime/config-source.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { RecordingFiles } from './config-files.js';
import type { LoadOptions } from './load-config.js';
import { loadConfig } from './load-config.js';

/**
 * The configuration in a file, looked at again whenever somebody calls `reload` (spec BUILDER 1.12). Nothing is read unless one of
 * the files involved (main, secure, clouds.yaml and companions, certificates) has changed by its nanosecond time or size.
 */
export class ConfigFile implements ConfigSource {
  private readonly listeners = new Set<(config: NodepoolConfig) => void>();
  private reloading: Promise<NodepoolConfig> | null = null;
  private troubles: readonly ConfigProblem[] = [];
  /** The text of the last report, null while all is well. */
  private reportedError: string | null = null;
  private reportedWarnings = '';

  private constructor(
    private inForce: NodepoolConfig,
    private files: RecordingFiles,
    private readonly options: LoadOptions,
    private readonly logger: Logger,
  ) {}

  /** @throws ConfigError when there is nothing to start with */
  static async open(options: LoadOptions, logger: Logger): Promise<ConfigFile> {
    const files = new RecordingFiles(options.files);
    const { config, warnings } = await loadConfig({ ...options, files });
    const source = new ConfigFile(config, files, options, logger);
    source.reportWarnings(warnings);
    return source;
  }

  get current(): NodepoolConfig {
    return this.inForce;
  }

  get mistakes(): readonly ConfigProblem[] {
    return this.troubles;
  }

  onChange(listener: (config: NodepoolConfig) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Callers at the same time share one check. */
  reload(): Promise<NodepoolConfig> {
    this.reloading ??= this.check().finally(() => {
      this.reloading = null;
    });
    return this.reloading;
  }

  private async check(): Promise<NodepoolConfig> {
    try {
      if (await this.files.changed()) await this.load();
    } catch (error) {
      this.reportError(asError(error));
    }
    return this.inForce;
  }

  private async load(): Promise<void> {
    // Also a failed load sets the stamps: a broken file is not parsed again until it changes.
    this.files = new RecordingFiles(this.options.files);
    const { config, warnings } = await loadConfig({ ...this.options, files: this.files });
    if (this.reportedError !== null) this.logger.info('The configuration is valid again', { file: this.options.path });
    this.reportedError = null;
    this.troubles = [];
    this.reportWarnings(warnings);
    const effects = configDifference(this.inForce, config);
    if (effects.length === 0) return;
    this.inForce = config;
    this.logger.info('The configuration has changed', { effects });
    for (const listener of [...this.listeners]) this.notify(listener, config);
  }

  private notify(listener: (config: NodepoolConfig) => void, config: NodepoolConfig): void {
    try {
      listener(config);
    } catch (error) {
      this.logger.error('A part of the program failed to follow a changed configuration', errorFields(error));
    }
  }

  private reportError(error: Error): void {
    if (this.reportedError === error.message) return;
    this.reportedError = error.message;
    this.troubles = error instanceof ConfigError ? error.problems : [this.unforeseen(error)];
    this.logger.error('The changed configuration cannot be used; the old one stays in force', {
      problems: this.troubles.map(formatProblem),
    });
  }

  /** Its message may be anything, a secret too. */
  private unforeseen({ name }: Error): ConfigProblem {
    const { path: file } = this.options;
    return { file, line: null, column: null, keyPath: '', message: name, hint: '', severity: 'error' };
  }

  private reportWarnings(warnings: readonly ConfigProblem[]): void {
    const text = warnings.map(formatProblem).join('\n');
    if (text === this.reportedWarnings) return;
    this.reportedWarnings = text;
    for (const warning of warnings) this.logger.warn(formatProblem(warning));
  }
}
