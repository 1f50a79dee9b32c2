/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number }
  /** `number`: of the signal, for an exit status of 128 + number. */
  | { readonly kind: 'signalled'; readonly signal: string; readonly number: number }
  /** `code`: as shells answer it, 127 when there is no such program, 126 when it cannot be run. */
  | { readonly kind: 'not-started'; readonly code: number; readonly problem: string };

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** A program that runs in place of ours, on our terminal or our inputs and outputs. */
export interface ForegroundProgram {
  /** Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** To the program and all that it has started. No effect when it has ended. */
  kill(signal: StopSignal | 'SIGKILL'): void;
}

export interface ProgramOrder {
  readonly argv: readonly [string, ...string[]];
  /** Added to the environment of ours. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Its output is what our program gets as input (a pipe); its own input is empty. */
  readonly from?: readonly [string, ...string[]];
}

/**
 * Starts programs in the foreground. Where there is no terminal the program has a process group of its own, so that whoever ends ours by its group leaves it
 * to us to end it; with a terminal it shares our group, since only the group in the foreground may read from the terminal.
 */
export interface ForegroundPrograms {
  start(order: ProgramOrder): ForegroundProgram;
  /** Standard input and output are a terminal. */
  readonly onTerminal: boolean;
  /** Somebody could be asked for a passphrase. */
  readonly canAsk: boolean;
}

/** Signals that ask ours to end. */
export interface StopSignals {
  /** Calls back for each until the answer is called; while somebody listens they do not end the process by themselves. */
  listen(listener: (signal: StopSignal) => void): () => void;
}

export const SIGNAL_NUMBERS: Readonly<Record<StopSignal, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
