/** A state change that the lifecycle table does not know: a defect in the caller, or a foreign hand. */
export class IllegalTransitionError extends Error {
  readonly code = 'NP_ILLEGAL_TRANSITION';
  override readonly name = 'IllegalTransitionError';
  constructor(
    readonly what: string,
    readonly from: string,
    readonly to: string,
  ) {
    super(`a ${what} cannot go from ${from} to ${to}`);
  }
}

export function assertTransition<State extends string>(
  what: string,
  table: Readonly<Record<State, readonly State[]>>,
  from: State,
  to: State,
): void {
  if (!table[from].includes(to)) throw new IllegalTransitionError(what, from, to);
}
