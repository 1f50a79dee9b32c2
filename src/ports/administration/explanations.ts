/**
 * Why is it so? The driving port for explanations (DESIGN 2.2).
 *
 * Excluded: how they look (`domain/presentation`), and when they are logged (the journal's listener).
 */
import type { Explanation, Opinion, SubjectKind } from '../../domain/explain/explanation.js';

/** What this process knows, from its mirrors and its memory of decisions. Synchronous; disturbs nobody. */
export interface Explanations {
  /**
   * Undefined when neither a record nor a decision is known.
   * @param changes of a request: what is to be supposed, `key=value` each. @throws UnknownChangeError
   */
  explain(kind: SubjectKind, id: string, changes?: readonly string[]): Explanation | undefined;
}

/** What is to be supposed cannot be understood: there is no such key, or its value is no number. The message names the keys. */
export class UnknownChangeError extends Error {
  readonly code = 'NP_UNKNOWN_CHANGE';
  override readonly name = 'UnknownChangeError';
}

/** What all launchers know: asked over the network by those who have no decisions of their own. */
export interface Inquiries {
  /**
   * Asks the web interfaces at these addresses, or, if none are given, those of all registered launchers, and about an image of all builders. Never rejects but with
   * the signal's reason, an error of the store, or UnknownChangeError: who does not answer is told as silent.
   * @param changes of a request: what is to be supposed, `key=value` each
   */
  ask(
    kind: SubjectKind,
    id: string,
    addresses: readonly string[],
    signal?: AbortSignal,
    changes?: readonly string[],
  ): Promise<InquiryResult>;
}

export interface InquiryResult {
  /** From the records alone; undefined when there are none. */
  readonly records: Explanation | undefined;
  readonly launchers: readonly LauncherAnswer[];
  /** Of an image, unless addresses were given: those of all registered builders. Null: builders are told to open no port. */
  readonly builders?: readonly LauncherAnswer[] | null;
}

/** `silent`: no answer in time, or none that can be understood. `unknown`: it answered that it knows of no such thing. */
export type LauncherAnswer = { readonly address: string } & (
  | {
      readonly kind: 'answered';
      readonly opinions: readonly Opinion[];
      /** What it knows besides, in lines for people; older launchers say nothing. */
      readonly findings?: readonly string[];
    }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'silent'; readonly problem: string }
);
