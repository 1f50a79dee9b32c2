import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { StatusSource } from '../../ports/telemetry/status.js';
import type { CpuProfile } from './cpu-profile.js';
import type { RuntimeFacts } from './runtime-facts.js';

export interface DebugDumpOptions {
  /** Of the original's name, `nodepool.stack_dump`. */
  readonly logger: Logger;
  readonly sources: readonly StatusSource[];
  readonly facts: RuntimeFacts;
  readonly profile: CpuProfile;
}

/**
 * What SIGUSR2 asks for (spec BUILDER 3.5): a look into the process at DEBUG, and by turns the beginning and the end of a CPU
 * profile, so that nothing is spent on it otherwise. A signal during a dump is ignored.
 */
export class DebugDump {
  private busy = false;

  constructor(private readonly options: DebugDumpOptions) {}

  /** Never rejects. */
  async run(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const { logger } = this.options;
    try {
      await this.dump();
    } catch (error) {
      logger.error('The debug dump failed', errorFields(error));
    } finally {
      this.busy = false;
    }
  }

  private async dump(): Promise<void> {
    const { logger, profile, facts, sources } = this.options;
    const last = profile.running;
    logger.debug('Begin of the debug dump');
    for (const source of sources) {
      for (const { worker, doing, details } of source.status()) {
        logger.debug([`${worker}: ${doing}`, ...details].join('\n'));
      }
    }
    for (const line of await facts.lines({ last })) logger.debug(line);
    if (last) await this.endProfile();
    else await this.beginProfile();
    logger.debug('End of the debug dump');
  }

  private async beginProfile(): Promise<void> {
    const { logger, profile, facts } = this.options;
    try {
      await profile.start();
      facts.watch();
      logger.info('A CPU profile is being recorded; the next SIGUSR2 ends and writes it');
    } catch (error) {
      logger.warn('No CPU profile can be recorded', errorFields(error));
    }
  }

  private async endProfile(): Promise<void> {
    const { logger, profile } = this.options;
    try {
      logger.info(`The CPU profile was written to ${await profile.stop()}`);
    } catch (error) {
      logger.error('The CPU profile could not be written', errorFields(error));
    }
  }
}
