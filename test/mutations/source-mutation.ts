/** A deliberate defect as a change of one source file, and who has to find it. */
export interface SourceMutation {
  /** What the product does then: "launches nodes from the oldest upload". */
  readonly name: string;
  /** Below the root. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** A test file in which at least one test has to fail, or a seed from which the simulator finds it within `SEEDS`. */
  readonly foundBy: { readonly test: string } | { readonly simulatorFrom: number };
}

export interface Area {
  readonly title: string;
  readonly mutations: readonly SourceMutation[];
}

/** @throws Error if the place to change is not there, or not the only one */
export function mutated(
  text: string,
  { file, find, replace }: Pick<SourceMutation, 'file' | 'find' | 'replace'>,
): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} places like ${JSON.stringify(find)}`);
  return parts.join(replace);
}
