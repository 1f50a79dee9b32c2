/** The value of each key that has a default: what is given, else the default. */
export function withDefaults<T extends object>(
  given: { readonly [Key in keyof T]?: T[Key] | null | undefined },
  defaults: T,
): T {
  const keys = Object.keys(defaults) as (keyof T)[];
  return Object.fromEntries(keys.map((key) => [key, given[key] ?? defaults[key]])) as T;
}
