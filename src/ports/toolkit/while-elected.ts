import { linkAbort } from './linked-abort.js';
import type { Elections } from '../records/records.js';

/**
 * Stands for election until aborted, and works while elected: the signal that `lead` gets ends with the leadership and with ours, so
 * that whoever leads has one signal to heed. Resolves when aborted.
 */
export function whileElected(
  elections: Elections,
  name: string,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const leading = async (leadership: AbortSignal): Promise<void> => {
    const both = linkAbort(leadership, signal);
    try {
      await lead(both.signal);
    } finally {
      both.dispose();
    }
  };
  return elections.run(name, leading, signal);
}
