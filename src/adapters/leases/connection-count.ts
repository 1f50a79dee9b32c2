import type { SessionMonitor } from '../../ports/coordination/session.js';

/**
 * Counts how often the connection came back. Whoever failed for want of one may try again when it has come back since, and only then:
 * asking for the state instead would try again at once, and for ever, on a store that refuses calls and says it is connected.
 */
export class ConnectionCount {
  private count = 0;

  constructor(session: SessionMonitor) {
    session.onChange((event) => {
      if (event.state === 'connected') this.count += 1;
    });
  }

  get now(): number {
    return this.count;
  }
}
