/** What a command line has given, by flag (`-c`, `--upload-id`) or argument name; switches are true, what may be repeated or takes all that is left is a list. */
export type Values = ReadonlyMap<string, string | true | readonly string[]>;

/** The one value of an option or argument, if it was given. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** All values of an option that may be repeated, or of an argument that takes what is left. */
export function listOf(values: Values, name: string): readonly string[] {
  const value = values.get(name);
  return typeof value === 'object' ? value : [];
}
