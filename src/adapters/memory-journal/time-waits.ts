import { waitedFor } from '../../domain/metrics/launcher-metrics.js';
import type { SpellListener } from '../../ports/telemetry/journal.js';
import type { Metrics } from '../../ports/telemetry/metrics.js';

/** Reasons have codes; what is done in words is timed elsewhere. */
const CODE = /^[A-Z_]+$/;

/** Times how long each reason kept requests waiting. */
export function timeWaits(metrics: Pick<Metrics, 'timing'>): SpellListener {
  return ({ kind }, { what, seconds }) => {
    if (kind === 'request' && CODE.test(what)) metrics.timing(waitedFor(what), seconds);
  };
}
