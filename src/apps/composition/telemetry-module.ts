import { ContainerModule } from 'inversify';
import { logChanges } from '../../adapters/memory-journal/log-changes.js';
import { MemoryJournal } from '../../adapters/memory-journal/memory-journal.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { Metrics } from '../../ports/telemetry/metrics.js';
import { TOKENS } from './tokens.js';

/** Log and metrics are opened and closed by the executable; the journal lives in memory. */
export function telemetryModule(logger: Logger, metrics: Metrics): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.logger).toConstantValue(logger);
    bind(TOKENS.metrics).toConstantValue(metrics);
    bind(TOKENS.journal).toDynamicValue(
      (context) => new MemoryJournal(context.get(TOKENS.clock), { onChange: logChanges(logger.child('explain')) }),
    );
  });
}
