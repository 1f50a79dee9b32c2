/**
 * Why is it so? The driving port for explanations (DESIGN 2.2).
 *
 * Excluded: how they look (`domain/presentation`), and when they are logged (the journal's listener).
 */
import type { Explanation, Opinion, SubjectKind } from '../../domain/explain/explanation.js';

/** What this process knows, from its mirrors and its memory of decisions. Synchronous; disturbs nobody. */
export interface Explanations {
  /** Undefined when neither a record nor a decision is known. */
  explain(kind: SubjectKind, id: string): Explanation | undefined;
}

/** What all launchers know: asked over the network by those who have no decisions of their own. */
export interface Inquiries {
  /**
   * Asks the web interfaces at these addresses, or, if none are given, those of all registered launchers. Never rejects but with
   * the signal's reason or an error of the store: who does not answer is told as silent.
   */
  ask(kind: SubjectKind, id: string, addresses: readonly string[], signal?: AbortSignal): Promise<InquiryResult>;
}

export interface InquiryResult {
  /** From the records alone; undefined when there are none. */
  readonly records: Explanation | undefined;
  readonly launchers: readonly LauncherAnswer[];
}

/** `silent`: no answer in time, or none that can be understood. `unknown`: it answered that it knows of no such thing. */
export type LauncherAnswer = { readonly address: string } & (
  | { readonly kind: 'answered'; readonly opinions: readonly Opinion[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'silent'; readonly problem: string }
);
