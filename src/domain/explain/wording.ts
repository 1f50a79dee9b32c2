import type { Reason } from './reason.js';

/** One reason in words, the code first, so that people can read it and tools can match it. */
export function describeReason(reason: Reason): string {
  const { code, ...facts } = reason;
  const words = Object.entries(facts).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(',') : String(value)}`,
  );
  return [code, ...words].join(' ');
}

export function describeReasons(reasons: readonly Reason[]): string {
  return reasons.map(describeReason).join('; ');
}
