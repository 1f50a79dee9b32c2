/** A driver does not keep its promise; the message says what was expected and what was seen. */
export class CheckFailure extends Error {
  override readonly name = 'CheckFailure';
}

/** The check cannot be made here; the message says what is missing. */
export class CheckSkipped extends Error {
  override readonly name = 'CheckSkipped';
}

export function ensure(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new CheckFailure(problem);
}

/** Compares plain values. */
export function ensureSame(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [shown(actual), shown(expected)];
  if (is !== should) throw new CheckFailure(`${what}: expected ${should}, found ${is}`);
}

export function shown(value: unknown): string {
  if (value instanceof Error) return `${value.name} (${value.message})`;
  return JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Map ? [...inner] : inner)) ?? 'nothing';
}
