/** Names of the metrics about drivers from outside: what they do that no driver should. */
import { safePart } from './name-part.js';

/**
 * - `threw`: an exception instead of a rejected promise, or something that is no error.
 * - `hung`: no answer within the time for the call, nor after it was called off.
 * - `nonsense`: an answer that the contract does not allow.
 * - `blocked`: it held up the whole process.
 * - `flooded`: more calls, log lines or metrics at once than it may have.
 * - `listeners`: it left listeners behind.
 * - `stray`: an error outside of any call.
 * - `used`: it answered a machine of another node, or of another life of this one, as if it were new.
 */
export type DriverFault = 'threw' | 'hung' | 'nonsense' | 'blocked' | 'flooded' | 'listeners' | 'stray' | 'used';

export function driverFault(provider: string, fault: DriverFault): string {
  return `nodepool.driver.${safePart(provider)}.fault.${fault}`;
}

export function driverBlocked(provider: string): string {
  return `nodepool.driver.${safePart(provider)}.blocked`;
}
