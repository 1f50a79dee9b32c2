/** One job's place on a machine that exists by itself (spec BUILDER 1.7). */
export interface FixedSlot {
  /** The same in every launcher for the same machine and slot number. */
  readonly key: string;
  readonly hostname: string;
  readonly slot: number;
  readonly labels: readonly string[];
  readonly username: string;
  readonly connectionType: string;
  readonly connectionPort: number;
  readonly pythonPath: string;
  readonly shellType: string | null;
}
