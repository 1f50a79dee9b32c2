import { errorFields, type Logger } from '../../ports/telemetry/logger.js';

/** Listeners called in order of registration. One that throws is reported and harms nobody else. */
export class ListenerSet<E> {
  private readonly listeners = new Set<{ readonly call: (event: E) => void }>();

  constructor(private readonly logger: Logger) {}

  add(call: (event: E) => void): () => void {
    const entry = { call };
    this.listeners.add(entry);
    return () => void this.listeners.delete(entry);
  }

  emit(event: E): void {
    for (const { call } of [...this.listeners]) {
      try {
        call(event);
      } catch (error) {
        this.logger.error('A listener to record changes failed.', errorFields(error));
      }
    }
  }
}
