import { ContainerModule } from 'inversify';
import { logChanges } from '../../adapters/memory-journal/log-changes.js';
import { timeWaits } from '../../adapters/memory-journal/time-waits.js';
import { MemoryJournal } from '../../adapters/memory-journal/memory-journal.js';
import { TracedJournal } from '../../adapters/tracing/traced-journal.js';
import type { DecisionSubject } from '../../ports/telemetry/journal.js';
import type { LogFields, Logger } from '../../ports/telemetry/logger.js';
import type { OpenMetrics } from './open-metrics.js';
import { TOKENS } from './tokens.js';

/** Log and metrics are opened and closed by the executable; the journal lives in memory. */
export function telemetryModule(logger: Logger, { metrics, page }: OpenMetrics): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.logger).toConstantValue(logger);
    bind(TOKENS.metrics).toConstantValue(metrics);
    bind(TOKENS.metricsPage).toConstantValue(page);
    bind(TOKENS.journal).toDynamicValue((context) => {
      const { requests } = context.get(TOKENS.records);
      // A line about a request says which event it belongs to, if the request is still there.
      const about = ({ kind, id }: DecisionSubject): LogFields => {
        const eventId = kind === 'request' ? requests.view.get(id)?.value.eventId : null;
        return eventId ? { eventId } : {};
      };
      const onChange = logChanges(logger.child('explain'), { about });
      const journal = new MemoryJournal(context.get(TOKENS.clock), { onChange, onSpell: timeWaits(metrics) });
      const decisions = logger.child('decisions');
      return decisions.debugs === true ? new TracedJournal(journal, decisions) : journal;
    });
  });
}
