/**
 * Programs that run beside us for long and are talked to line by line, each with a process group of its own that is ended as a
 * whole. Excludes shells: `argv` is never interpreted.
 */
export interface ChildProgramSpec {
  readonly argv: readonly [string, ...string[]];
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A line of its standard output, without its end. */
  readonly onLine: (line: string) => void;
  /** A line of its standard error; long ones are cut. */
  readonly onErrorLine: (line: string) => void;
}

export type ChildProgramEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  /** The program could not be started. */
  | { readonly kind: 'not-started'; readonly problem: string }
  /** We killed it, for this reason. */
  | { readonly kind: 'killed'; readonly problem: string };

export interface ChildProgram {
  /** Writes a line to its standard input. A program that does not read is killed when too much waits for it. */
  write(line: string): void;
  /** Resolves when the program and all of its group have ended and their output was delivered. Never rejects. */
  readonly ended: Promise<ChildProgramEnd>;
  /** Kills the whole group at once. Idempotent. */
  kill(problem: string): void;
  /** Closes its standard input, and kills what is left of the group after `grace` seconds. Resolves when it has ended. */
  stop(grace: number): Promise<void>;
}

export interface ChildPrograms {
  /** Starts a program. What goes wrong shows in `ended`. */
  start(spec: ChildProgramSpec): ChildProgram;
}
