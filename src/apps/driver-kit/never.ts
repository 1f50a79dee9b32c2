import { setMaxListeners } from 'node:events';

/** A signal that is never aborted. Many calls share it, each with a listener of its own. */
export const never: AbortSignal = new AbortController().signal;
setMaxListeners(0, never);
