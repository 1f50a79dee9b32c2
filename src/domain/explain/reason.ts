/**
 * Why a decision came out as it did. Codes are an interface: tools match on them; the sentences are in `sentences.ts`.
 * Numbers are facts at the time of the decision.
 */
import type { ImageReason } from './image-reason.js';
import type { LabelReason } from './label-reason.js';
import type { NodeReason } from './node-reason.js';

export type Reason =
  | ImageReason
  | LabelReason
  | NodeReason
  | { readonly code: 'POOL_DISABLED'; readonly pool: string; readonly maxServers: number }
  | { readonly code: 'LABEL_UNKNOWN'; readonly pool: string; readonly label: string }
  | { readonly code: 'LABEL_BROKEN'; readonly pool: string; readonly label: string; readonly problem: string }
  | { readonly code: 'IMAGE_NOT_READY'; readonly pool: string; readonly label: string; readonly image: string }
  | { readonly code: 'PROVIDER_NOT_READY'; readonly provider: string; readonly problem: string }
  | QuotaReason<'REQUEST_OVER_POOL'>
  | QuotaReason<'REQUEST_OVER_PROVIDER'>
  | QuotaReason<'QUOTA_POOL'>
  | QuotaReason<'QUOTA_PROVIDER'>
  | QuotaReason<'QUOTA_TENANT'>
  | { readonly code: 'MIN_READY_AT_CAPACITY'; readonly pool: string }
  | { readonly code: 'MAX_CONCURRENCY'; readonly provider: string; readonly active: number; readonly limit: number }
  | { readonly code: 'CONCURRENCY_DISABLED'; readonly provider: string }
  | { readonly code: 'YIELD_WISHED_PROVIDER'; readonly provider: string }
  | { readonly code: 'YIELD_PRIORITY'; readonly pool: string; readonly priority: number; readonly own: number }
  | { readonly code: 'YIELD_CAPABLE_POOL'; readonly label: string; readonly pool: string }
  | { readonly code: 'OTHERS_WAIT_FIRST'; readonly pool: string; readonly waiting: number }
  | { readonly code: 'ALREADY_DECLINED'; readonly launcher: string }
  | { readonly code: 'NOT_REQUESTED'; readonly state: string }
  | { readonly code: 'NO_FREE_MACHINE'; readonly pool: string; readonly labels: readonly string[] }
  /** `labels`: those for which no machine is left when all the others have one. */
  | {
      readonly code: 'REQUEST_OVER_MACHINES';
      readonly pool: string;
      readonly labels: readonly string[];
      readonly need: number;
      readonly slots: number;
    }
  | { readonly code: 'REQUEST_LOCKED' }
  | { readonly code: 'REGISTRY_INCOMPLETE' }
  | { readonly code: 'LAUNCH_FAILED'; readonly node: string; readonly attempts: number; readonly problem: string }
  | { readonly code: 'CLOUD_QUOTA'; readonly provider: string; readonly problem: string }
  | (HeldReason<'CLOUD_CAPACITY'> & { readonly zone: string | null })
  | HeldReason<'CLOUD_RATE'>
  | HeldReason<'CLOUD_SILENT'>
  | { readonly code: 'HANDLER_ERROR'; readonly problem: string }
  | { readonly code: 'SERVEABLE'; readonly pool: string };

/** Creating is held back after a refusal of the cloud, and tried again with single probes. Times are seconds since the epoch. */
interface HeldReason<Code extends string> {
  readonly code: Code;
  readonly provider: string;
  readonly problem: string;
  /** The first refusal, and how many there were since. */
  readonly since: number;
  readonly refusals: number;
  /** Null: the next create waits for the outcome of those under way. */
  readonly nextProbe: number | null;
  /** Probes under way. */
  readonly underway: number;
  /** Requests of the pool that wait. */
  readonly waiting: number;
}

interface QuotaReason<Code extends string> {
  readonly code: Code;
  /** The pool, provider or tenant whose limit it is. */
  readonly owner: string;
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
  readonly need: number;
}

/** A decision: what, and why. `because` is never empty for a no or a wait. */
export interface Decision<Verdict extends string> {
  readonly verdict: Verdict;
  readonly because: readonly Reason[];
}

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
