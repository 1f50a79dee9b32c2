/** A reason in words. */
export interface ExplainedReason {
  readonly code: string;
  /** With the code and its numbers. */
  readonly text: string;
  /** What would take the reason away. */
  readonly unblock: string;
  /** The reason's own fields. */
  readonly facts: Readonly<Record<string, unknown>>;
}
