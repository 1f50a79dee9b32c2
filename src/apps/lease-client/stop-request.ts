import type { StopSignal, StopSignals } from '../../ports/lease-client/foreground-programs.js';
import { SIGNAL_NUMBERS } from '../../ports/lease-client/foreground-programs.js';
import { LeaseFailure } from '../../ports/lease-client/lease-desk.js';

/** Listens for signals that ask us to end: the first asks for an orderly end, a further one for a quick one. */
export class StopRequest {
  private readonly first = new AbortController();
  private readonly further = new AbortController();
  private readonly forget: () => void;
  private asked: StopSignal | null = null;

  constructor(signals: StopSignals) {
    this.forget = signals.listen((signal) => {
      if (this.asked !== null) this.further.abort(new LeaseFailure('stopped', 'asked twice', SIGNAL_NUMBERS[signal]));
      this.asked ??= signal;
      this.first.abort(this.failure());
    });
  }

  /** Fires with the first signal; its reason is the failure to end with. */
  get signal(): AbortSignal {
    return this.first.signal;
  }

  /** Fires with a further signal. */
  get again(): AbortSignal {
    return this.further.signal;
  }

  /** The first signal that came. */
  get name(): StopSignal | null {
    return this.asked;
  }

  failure(): LeaseFailure {
    const name = this.asked ?? 'SIGTERM';
    return new LeaseFailure('stopped', `ended by ${name}`, SIGNAL_NUMBERS[name]);
  }

  dispose(): void {
    this.forget();
  }
}

/** Resolves when the signal fires; at once if it has. */
export function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
